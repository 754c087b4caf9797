import { evaluate } from "../hcl/evaluate/evaluate.ts";
import { LAZY_FUNCTIONS } from "../hcl/evaluate/evaluate-call.ts";
import { lookUpVariable, type VariableScope, variableNames } from "../hcl/evaluate/variable-scope.ts";
import { Diagnostics, TemplateError } from "../hcl/source/diagnostic.ts";
import { SourceFile } from "../hcl/source/source-file.ts";
import { parseExpressionText } from "../hcl/syntax/parse.ts";
import { printValue } from "../hcl/values/print-value.ts";
import { openJsonConsole } from "./json/json-console.ts";
import { isJsonTemplate } from "./json/open-json-template.ts";
import type { LoadOptions } from "./load-options.ts";
import { openTemplate } from "./open-template.ts";
import { type FindUnset, unsetFinder } from "./unset-variables.ts";

/** How a console prints a text: as it is, or as an expression that gives it. */
export type TextStyle = "raw" | "literal";

/** What `console` evaluates expressions with: the variables, locals and functions of a template. */
export interface TemplateConsole {
  /** Names of variables and functions, for completion. */
  readonly names: readonly string[];
  /**
   * The value of an expression, printed: a text as it is, unless a literal is asked for; sensitive values are hidden.
   * @throws {TemplateError} when it is broken or has no value
   */
  evaluate(expression: string, texts?: TextStyle): string;
  /** Every variable and local with its value: what `variables` prints. */
  listVariables(): string;
}

/**
 * Opens a template for a console. Variables need not be set, unless an expression needs them.
 * @throws {TemplateError}
 */
export async function openConsole(options: LoadOptions): Promise<TemplateConsole> {
  if (isJsonTemplate(options.path)) return openJsonConsole(options);
  const diagnostics = new Diagnostics();
  const template = await openTemplate(options, "as they are", diagnostics);
  diagnostics.throwIfErrors();
  const { scope } = template;
  const findUnset = unsetFinder(template);
  return {
    names: [...variableNames(scope), ...scope.functions.keys(), ...LAZY_FUNCTIONS],
    evaluate: (expression, texts) => evaluateExpression(expression, scope, texts, findUnset),
    listVariables: () => `${listValues("var", scope)}${listValues("local", scope)}`,
  };
}

/**
 * The value of an expression, printed.
 * @throws {TemplateError}
 */
export function evaluateExpression(
  text: string,
  scope: VariableScope,
  texts: TextStyle = "raw",
  findUnset: FindUnset = () => [],
): string {
  const diagnostics = new Diagnostics();
  const expression = parseExpressionText(new SourceFile("<console-input>", text), diagnostics);
  if (!expression) throw new TemplateError(diagnostics.distinct);
  const value = evaluate(expression, scope, diagnostics);
  for (const name of value.isWhollyKnown ? [] : findUnset(expression)) {
    diagnostics.error(`Unset variable "${name}"`, "The value depends on it: set it with -var.", expression.span);
  }
  diagnostics.throwIfErrors();
  const isText = value.type.kind === "string" && value.isKnown && !value.isNull && !value.isSensitive;
  return isText && texts === "raw" ? value.asString() : printValue(value);
}

function listValues(root: string, scope: VariableScope): string {
  const entries = [...(lookUpVariable(scope, root)?.asMap() ?? [])];
  return entries.map(([name, value]) => `${root}.${name} = ${printValue(value)}\n`).join("");
}
