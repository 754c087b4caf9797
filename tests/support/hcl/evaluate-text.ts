import { evaluate } from "../../../src/hcl/evaluate/evaluate.ts";
import { renderTemplate } from "../../../src/hcl/evaluate/render-template.ts";
import { makeVariableScope, type VariableScope } from "../../../src/hcl/evaluate/variable-scope.ts";
import { packerFunctions } from "../../../src/hcl/functions/functions.ts";
import { Diagnostics } from "../../../src/hcl/source/diagnostic.ts";
import { SourceFile } from "../../../src/hcl/source/source-file.ts";
import { parseExpressionText, parseTemplateText } from "../../../src/hcl/syntax/parse.ts";
import { printValue } from "../../../src/hcl/values/print-value.ts";
import { stringType, typeExpression } from "../../../src/hcl/values/type.ts";
import {
  listValue,
  mapValue,
  nullValue,
  numberValue,
  objectValue,
  setValue,
  stringValue,
  trueValue,
  tupleValue,
  unknownValue,
  type Value,
} from "../../../src/hcl/values/value.ts";

/** The functions of a template in the root folder, with an empty environment. */
const sampleFunctions = packerFunctions({ baseFolder: "/", env: {}, renderTemplate });

/** A scope with a variable of every type; `us` and `ud` are not known, `secret` is sensitive. */
export function sampleScope(more: Readonly<Record<string, Value>> = {}): VariableScope {
  const item = (id: string) => objectValue([["id", stringValue(id)]]);
  const variables = {
    s: stringValue("str"),
    n: numberValue(5),
    b: trueValue,
    l: listValue([stringValue("a"), stringValue("b")]),
    set: setValue([numberValue(3), numberValue(1)]),
    m: mapValue([
      ["x", stringValue("1")],
      ["y", stringValue("2")],
    ]),
    o: objectValue([
      ["a", numberValue(1)],
      ["c", tupleValue([item("i1"), item("i2")])],
    ]),
    nul: nullValue(),
    us: unknownValue(stringType),
    ud: unknownValue(),
    ln: listValue([item("1")]),
    secret: stringValue("hunter2").withSensitive(),
    ...more,
  };
  return makeVariableScope(Object.entries(variables), sampleFunctions);
}

/** What an expression gives: its value on one line, or the headlines of its problems. */
export function evaluateText(
  text: string,
  scope: VariableScope = sampleScope(),
  kind: "expression" | "template" = "expression",
): string {
  const diagnostics = new Diagnostics();
  const source = new SourceFile("test.hcl", text);
  const expression =
    kind === "expression" ? parseExpressionText(source, diagnostics) : parseTemplateText(source, diagnostics);
  const value = expression && evaluate(expression, scope, diagnostics);
  if (!value || diagnostics.hasErrors) return diagnostics.distinct.map(({ summary }) => `! ${summary}`).join("; ");
  return printCompactly(value);
}

/** `printValue()` on one line; of unknown values the type. */
function printCompactly(value: Value): string {
  if (!value.isKnown) return `unknown ${typeExpression(value.type)}`;
  return printValue(value)
    .replace(/,?\n\s*([}\]])/g, "$1")
    .replace(/([[{])\n\s*/g, "$1")
    .replace(/,\n\s*/g, ", ")
    .replace(/\n\s*/g, ", ");
}
