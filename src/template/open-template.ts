import type { Diagnostics } from "../hcl/source/diagnostic.ts";
import { validateVariables } from "./blocks/validate-variables.ts";
import { type EvaluatedTemplate, evaluateTemplate, makeBaseScope } from "./evaluate-template.ts";
import type { LoadOptions } from "./load-options.ts";
import { parseTemplate } from "./parse-template.ts";
import { checkRequirements, readBlocks } from "./read-blocks.ts";
import { readVariables } from "./read-variables.ts";

/**
 * A build needs every variable, with a value that is allowed. Who writes a template wants to know of values that are not
 * allowed; who only looks at one takes them as they are.
 */
export type VariableCheck = "needed" | "if set" | "as they are";

/**
 * Reads an HCL template up to its locals and data sources. What is given to one phase is what the one before it has made,
 * so that they have one order only.
 *
 * @throws {TemplateError} when something is broken that makes what follows meaningless; other problems are reported
 */
export async function openTemplate(
  options: LoadOptions,
  variables: VariableCheck,
  diagnostics: Diagnostics,
): Promise<EvaluatedTemplate> {
  const parsed = parseTemplate(options, diagnostics);
  // A broken block may be the one that declares what others use.
  diagnostics.throwIfErrors();
  const supported = checkRequirements(parsed, diagnostics);
  diagnostics.throwIfErrors();
  const sorted = readBlocks(supported, diagnostics);
  diagnostics.throwIfErrors();
  const scoped = makeBaseScope(readVariables(sorted, options, diagnostics), options);
  const checked = [...scoped.variables.values()].filter(
    ({ assignments }) => variables === "needed" || (variables === "if set" && assignments.length > 0),
  );
  validateVariables(checked, scoped.baseScope.functions, diagnostics);
  return evaluateTemplate(scoped, options, diagnostics);
}
