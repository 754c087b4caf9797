import { evaluate } from "../../../src/hcl/evaluate/evaluate.ts";
import { renderTemplate } from "../../../src/hcl/evaluate/render-template.ts";
import { makeVariableScope } from "../../../src/hcl/evaluate/variable-scope.ts";
import type { FunctionContext } from "../../../src/hcl/functions/context.ts";
import { packerFunctions } from "../../../src/hcl/functions/functions.ts";
import { toJson } from "../../../src/hcl/functions/json.ts";
import { Diagnostics, diagnosticLine } from "../../../src/hcl/source/diagnostic.ts";
import { SourceFile } from "../../../src/hcl/source/source-file.ts";
import { parseExpressionText } from "../../../src/hcl/syntax/parse.ts";
import {
  boolType,
  dynamicType,
  listType,
  mapType,
  numberType,
  stringType,
  type Type,
  typeExpression,
} from "../../../src/hcl/values/type.ts";
import { stringValue, unknownValue, type Value } from "../../../src/hcl/values/value.ts";

const unknowns: readonly (readonly [string, Type])[] = [
  ["unknown", dynamicType],
  ["unknown_bool", boolType],
  ["unknown_list", listType(stringType)],
  ["unknown_map", mapType(stringType)],
  ["unknown_number", numberType],
  ["unknown_string", stringType],
];

/** An expression's value, or its first problem as text. `secret` is a sensitive string, `unknown...` what it says. */
export function evaluateExpression(text: string, context: Partial<FunctionContext> = {}): Value | string {
  const functions = packerFunctions({ baseFolder: "/", renderTemplate, ...context });
  const variables = [
    ...unknowns.map(([name, type]) => [name, unknownValue(type)] as const),
    ["secret", stringValue("hush").withSensitive()] as const,
  ];
  const diagnostics = new Diagnostics();
  const expression = parseExpressionText(new SourceFile("expression", text), diagnostics);
  const value = expression && evaluate(expression, makeVariableScope(variables, functions), diagnostics);
  const [problem] = diagnostics.errors;
  if (problem || !value) return problem ? diagnosticLine(problem) : "no expression";
  return value;
}

/** The type, without quotes, and the value, as `FunctionCases` has them; undefined for a problem. */
export function describeResult(result: Value | string): string | undefined {
  if (typeof result === "string") return undefined;
  return `${typeExpression(result.type).replace(/["\\]/g, "")} ${result.isWhollyKnown ? toJson(result) : "unknown"}`;
}
