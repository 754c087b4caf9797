import type { Template } from "../definition/build-definition.ts";
import { Diagnostics, diagnosticLine } from "../hcl/source/diagnostic.ts";
import { HclTemplate } from "./hcl-template.ts";
import { loadJsonTemplate } from "./json/load-json-template.ts";
import { isJsonTemplate } from "./json/open-json-template.ts";
import type { LoadOptions } from "./load-options.ts";

export { TemplateError } from "../hcl/source/diagnostic.ts";
export type { LoadOptions } from "./load-options.ts";

/**
 * Reads a template, a file or a folder of them, and evaluates it as far as it can be before a build runs. A `.json` file
 * that is no `.pkr.json` is a template of before HCL2.
 *
 * @throws {TemplateError} with every problem that was found; one that makes what follows meaningless ends the search
 */
export async function loadTemplate(options: LoadOptions): Promise<Template> {
  if (isJsonTemplate(options.path)) return loadJsonTemplate(options);
  const diagnostics = new Diagnostics();
  const template = await openHclTemplate(options, diagnostics);
  const builds = template.defineBuilds(template.readBuilds());
  diagnostics.throwIfErrors();
  const warnings = diagnostics.distinct.map(diagnosticLine);
  return { files: template.files, builds, sensitiveValues: template.sensitiveValues(), warnings };
}

/** A template whose variables, locals and data sources are evaluated. */
export async function openHclTemplate(options: LoadOptions, diagnostics: Diagnostics): Promise<HclTemplate> {
  const template = new HclTemplate(options, diagnostics);
  template.parse();
  // A broken block may be the one that declares what others use.
  diagnostics.throwIfErrors();
  template.checkRequirements();
  diagnostics.throwIfErrors();
  template.readBlocks();
  diagnostics.throwIfErrors();
  template.readVariables();
  template.validateVariables();
  await template.evaluatePrerequisites();
  return template;
}
