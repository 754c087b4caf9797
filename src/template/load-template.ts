import type { BuildDefinition, Template, TemplateVariables } from "../definition/build-definition.ts";
import type { RawValue } from "../definition/raw-value.ts";
import { Diagnostics, diagnosticLine } from "../hcl/source/diagnostic.ts";
import { defineBuilds } from "./blocks/build-definitions.ts";
import { type InputVariable, valueOfVariable } from "./blocks/variables.ts";
import { loadJsonTemplate } from "./json/load-json-template.ts";
import { isJsonTemplate } from "./json/open-json-template.ts";
import type { LoadOptions } from "./load-options.ts";
import { openTemplate } from "./open-template.ts";
import { toRawValue } from "./raw-from-value.ts";
import { type BuildableTemplate, readBuilds } from "./read-builds.ts";

export { TemplateError } from "../hcl/source/diagnostic.ts";
export type { EditedTemplate, LoadOptions } from "./load-options.ts";

/**
 * Reads a template, a file or a folder of them, and evaluates it as far as it can be before a build runs. A `.json` file
 * that is no `.pkr.json` is a template of before HCL2.
 *
 * @throws {TemplateError} with every problem that was found; one that makes what follows meaningless ends the search
 */
export async function loadTemplate(options: LoadOptions): Promise<Template> {
  if (isJsonTemplate(options.path)) return loadJsonTemplate(options);
  const diagnostics = new Diagnostics();
  const template = readBuilds(await openTemplate(options, "needed", diagnostics), diagnostics);
  const builds = defineTemplateBuilds(template, options, diagnostics);
  diagnostics.throwIfErrors();
  const { files, variableFiles, variables } = template;
  const warnings = diagnostics.distinct.map(diagnosticLine);
  return { files, variableFiles, variables: describeValues(variables.values()), builds, warnings };
}

function describeValues(variables: Iterable<InputVariable>): TemplateVariables {
  const values = new Map<string, RawValue>();
  const sensitive: string[] = [];
  for (const variable of variables) {
    const value = valueOfVariable(variable);
    if (value.isSensitive || value.containsSensitive) sensitive.push(variable.name);
    else values.set(variable.name, toRawValue(value));
  }
  return { values: Object.fromEntries(values), sensitive };
}

/** The builds of a template whose blocks have been read. */
export function defineTemplateBuilds(
  { builds, sources, scope }: BuildableTemplate,
  { only = [], except = [], onlyBuild, shapeOf = () => ({}), edited }: LoadOptions,
  diagnostics: Diagnostics,
): readonly BuildDefinition[] {
  if (builds.length === 0 && !edited) {
    const detail = 'There is nothing to build: build { sources = ["source.TYPE.NAME"] }';
    diagnostics.error("Missing build block", detail);
  }
  return defineBuilds(builds, { sources, scope, shapeOf, only, except, onlyBuild }, diagnostics);
}
