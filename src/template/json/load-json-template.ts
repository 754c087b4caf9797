import type { Template } from "../../definition/build-definition.ts";
import type { RawValue } from "../../definition/raw-value.ts";
import { InterpolationError } from "../../go-template/interpolation-error.ts";
import { references } from "../../go-template/references.ts";
import { Diagnostics, diagnosticLine } from "../../hcl/source/diagnostic.ts";
import type { Span } from "../../hcl/source/source-file.ts";
import type { LoadOptions } from "../load-options.ts";
import { defineLegacyBuilds } from "./define-legacy-builds.ts";
import type { LegacyOptions, LegacyTemplate } from "./legacy-template.ts";
import { checkAndResolve, openJsonTemplate } from "./open-json-template.ts";

/**
 * Reads a JSON template. The `{{ }}` of options stay: the builder, provisioners and post-processors render them, with the
 * variables that each build carries.
 *
 * @throws {TemplateError} with every problem that was found
 */
export async function loadJsonTemplate(options: LoadOptions): Promise<Template> {
  const diagnostics = new Diagnostics();
  const open = openJsonTemplate(options, diagnostics);
  if (!open) {
    return { files: [], variableFiles: [], variables: { values: {}, sensitive: [] }, builds: [], warnings: [] };
  }
  const { template, context } = open;
  const { values: userVariables, sensitive } = checkAndResolve(open, options.env, diagnostics);
  warnAboutUndeclared(template, userVariables, diagnostics);
  const { only = [], except = [], onlyBuild } = options;
  const defineOptions = {
    context: { ...context, userVariables },
    sensitiveVariables: sensitive,
    only,
    except,
    onlyBuild,
  };
  const builds = defineLegacyBuilds(template, defineOptions, diagnostics);
  diagnostics.throwIfErrors();
  const warnings = diagnostics.distinct.map(diagnosticLine);
  const shown = Object.entries(userVariables).filter(([name]) => !sensitive.includes(name));
  const variables = { values: Object.fromEntries(shown), sensitive };
  return { files: [options.path], variableFiles: [], variables, builds, warnings };
}

/** Packer gives an empty text for a variable that does not exist; a spelling mistake would go unseen. */
function warnAboutUndeclared(
  template: LegacyTemplate,
  userVariables: Readonly<Record<string, string>>,
  diagnostics: Diagnostics,
): void {
  const components: readonly (LegacyOptions & { readonly span: Span })[] = [
    ...template.builders,
    ...template.provisioners,
    ...(template.errorCleanupProvisioner ? [template.errorCleanupProvisioner] : []),
    ...template.postProcessors.flat(),
  ];
  for (const { config, places, span } of components) {
    for (const [option, value] of Object.entries(config)) {
      for (const name of usedVariables(value)) {
        if (Object.hasOwn(userVariables, name) || template.variables.has(name)) continue;
        const detail = `The template uses the variable "${name}", which is not set: the text is empty there.`;
        diagnostics.warn("Undefined variable", detail, places.get(option) ?? span);
      }
    }
  }
}

function usedVariables(value: RawValue): readonly string[] {
  if (typeof value === "string") return referencesIn(value);
  if (value === null || typeof value !== "object") return [];
  return Object.values(value).flatMap(usedVariables);
}

/** What cannot be read is reported by whoever renders it. */
function referencesIn(text: string): readonly string[] {
  try {
    return references(text).userVariables;
  } catch (error) {
    if (error instanceof InterpolationError) return [];
    throw error;
  }
}
