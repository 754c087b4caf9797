import { evaluate } from "../hcl/evaluate/evaluate.ts";
import { LAZY_FUNCTIONS } from "../hcl/evaluate/evaluate-call.ts";
import { lookUpVariable, type Scope, variableNames } from "../hcl/evaluate/scope.ts";
import { Diagnostics, TemplateError } from "../hcl/source/diagnostic.ts";
import { SourceFile } from "../hcl/source/source-file.ts";
import { parseExpressionText } from "../hcl/syntax/parse.ts";
import { printValue } from "../hcl/values/print-value.ts";
import { openJsonConsole } from "./json/json-console.ts";
import { isJsonTemplate } from "./json/open-json-template.ts";
import type { LoadOptions } from "./load-options.ts";
import { openHclTemplate } from "./load-template.ts";

/** What `console` evaluates expressions with: the variables, locals and functions of a template. */
export interface TemplateConsole {
  /** Names of variables and functions, for completion. */
  readonly names: readonly string[];
  /**
   * The value of an expression, printed; sensitive ones are hidden.
   * @throws {TemplateError} when it is broken or has no value
   */
  evaluate(expression: string): string;
  /** Every variable and local with its value: what `variables` prints. */
  listVariables(): string;
}

/**
 * Opens a template for a console.
 * @throws {TemplateError}
 */
export async function openConsole(options: LoadOptions): Promise<TemplateConsole> {
  if (isJsonTemplate(options.path)) return openJsonConsole(options);
  const diagnostics = new Diagnostics();
  const template = await openHclTemplate(options, diagnostics);
  diagnostics.throwIfErrors();
  const scope = template.scope();
  return {
    names: [...variableNames(scope), ...scope.functions.keys(), ...LAZY_FUNCTIONS],
    evaluate: (expression) => evaluateExpression(expression, scope),
    listVariables: () => `${listValues("var", scope)}${listValues("local", scope)}`,
  };
}

/**
 * The value of an expression, printed.
 * @throws {TemplateError}
 */
export function evaluateExpression(text: string, scope: Scope): string {
  const diagnostics = new Diagnostics();
  const expression = parseExpressionText(new SourceFile("<console-input>", text), diagnostics);
  if (!expression) throw new TemplateError(diagnostics.distinct);
  const value = evaluate(expression, scope, diagnostics);
  diagnostics.throwIfErrors();
  return printValue(value);
}

function listValues(root: string, scope: Scope): string {
  const entries = [...(lookUpVariable(scope, root)?.asMap() ?? [])];
  return entries.map(([name, value]) => `${root}.${name} = ${printValue(value)}\n`).join("");
}
