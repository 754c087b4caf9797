import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf } from "../../common/errors.ts";
import type { RawValue, Template } from "../definition.ts";
import { Diagnostics, diagnosticLine } from "../diagnostic.ts";
import type { RenderContext } from "../interpolate/context.ts";
import { InterpolationError } from "../interpolate/interpolation-error.ts";
import { references } from "../interpolate/references.ts";
import type { LoadOptions } from "../load-options.ts";
import { SourceFile, type Span } from "../source-file.ts";
import { checkLegacyTemplate } from "./check-legacy-template.ts";
import { defineLegacyBuilds } from "./define-legacy-builds.ts";
import type { LegacyOptions, LegacyTemplate } from "./legacy-template.ts";
import { readLegacyTemplate } from "./read-legacy-template.ts";
import { resolveVariables } from "./user-variables.ts";

/** Whether a path is that of a JSON template of before HCL2, by its name. */
export function isJsonTemplate(path: string): boolean {
  return path.endsWith(".json") && !path.endsWith(".pkr.json");
}

/**
 * Reads a JSON template. The `{{ }}` of options stay: the builder, provisioners and post-processors render them, with the
 * variables that each build carries.
 *
 * @throws {TemplateError} with every problem that was found
 */
export async function loadJsonTemplate(options: LoadOptions): Promise<Template> {
  const diagnostics = new Diagnostics();
  const source = readSource(options.path, diagnostics);
  const template = source && readLegacyTemplate(source, diagnostics);
  diagnostics.throwIfErrors();
  if (!source || !template) return { files: [], builds: [], sensitiveValues: [], warnings: [] };
  checkLegacyTemplate(template, { source, start: 0, end: source.text.length }, diagnostics);
  const context = renderContextOf(options);
  const userVariables = readVariables(template, options, diagnostics);
  warnAboutUndeclared(template, userVariables, diagnostics);
  const definitions = {
    context: { ...context, userVariables },
    only: options.only ?? [],
    except: options.except ?? [],
  };
  const builds = defineLegacyBuilds(template, definitions, diagnostics);
  diagnostics.throwIfErrors();
  const sensitiveValues = template.sensitiveVariables.flatMap((name) => userVariables[name] || []);
  return { files: [options.path], builds, sensitiveValues, warnings: diagnostics.distinct.map(diagnosticLine) };
}

function readVariables(template: LegacyTemplate, options: LoadOptions, diagnostics: Diagnostics) {
  const input = {
    declared: template.variables,
    sensitive: template.sensitiveVariables,
    vars: options.vars ?? [],
    varFiles: options.varFiles ?? [],
    context: { ...renderContextOf(options), env: options.env },
  };
  return resolveVariables(input, diagnostics);
}

function renderContextOf({ path, cwd, now }: LoadOptions): RenderContext {
  return {
    templatePath: resolve(cwd ?? ".", path),
    ...(cwd === undefined ? {} : { workingFolder: resolve(cwd) }),
    ...(now === undefined ? {} : { now }),
  };
}

function readSource(path: string, diagnostics: Diagnostics): SourceFile | undefined {
  try {
    return new SourceFile(path, readFileSync(path, "utf8"));
  } catch (error) {
    diagnostics.error("Cannot read the template", `${messageOf(error)}.`);
    return undefined;
  }
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
