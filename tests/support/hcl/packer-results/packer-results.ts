import { readFileSync } from "node:fs";
import { evaluate } from "../../../../src/hcl/evaluate/evaluate.ts";
import { renderTemplate } from "../../../../src/hcl/evaluate/render-template.ts";
import { makeVariableScope, type VariableScope } from "../../../../src/hcl/evaluate/variable-scope.ts";
import type { HclFunction } from "../../../../src/hcl/functions/function.ts";
import { packerFunctions } from "../../../../src/hcl/functions/functions.ts";
import { Diagnostics } from "../../../../src/hcl/source/diagnostic.ts";
import { SourceFile } from "../../../../src/hcl/source/source-file.ts";
import { parseExpressionText } from "../../../../src/hcl/syntax/parse.ts";
import { dynamicType, type Type } from "../../../../src/hcl/values/type.ts";
import { objectValue, unknownValue, type Value } from "../../../../src/hcl/values/value.ts";

/** Random expressions and what Packer 1.16 gives for them: a type and a value, or `!` for a refusal. */
export function readResults(table: "calls" | "expressions" | "yaml"): readonly (readonly [string, string])[] {
  return readLines(`${table}.tsv`).map((line) => {
    const [expression = "", result = ""] = line.split("\t");
    return [expression, result] as const;
  });
}

function readLines(name: string): readonly string[] {
  const text = readFileSync(new URL(name, import.meta.url), "utf8");
  return text.split("\n").filter((line) => line !== "");
}

/** What we give, in the same form. */
export function resultOf(expression: string, scope: VariableScope): string {
  const value = evaluateLine(expression, scope);
  return value === undefined ? "!" : `${typeText(value.type)} ${valueText(value)}`;
}

/** The variables that the expressions use, as `environment.txt` defines them one after the other. */
export function resultScope(): VariableScope {
  const functions = new Map([...packerFunctions({ baseFolder: "/", env: {}, renderTemplate }), ...makers]);
  const variables = new Map<string, Value>([["unk", unknownValue()]]);
  const groups = new Map<string, Map<string, Value>>();
  for (const line of readLines("environment.txt")) {
    const [name = "", text = ""] = line.split(/ = (.*)/s);
    const value = evaluateLine(text, makeVariableScope(variables, functions));
    if (value === undefined) throw new Error(`${line} has no value`);
    const [group = "", member] = name.split(".");
    if (member === undefined) variables.set(name, value);
    else groups.set(group, (groups.get(group) ?? new Map()).set(member, value));
  }
  for (const [group, members] of groups) variables.set(group, objectValue(members));
  return makeVariableScope(variables, functions);
}

const any = {
  name: "value",
  type: dynamicType,
  allowNull: true,
  allowUnknown: true,
  allowDynamicType: true,
  allowSensitive: true,
};

function maker(make: (value: Value) => Value): HclFunction {
  const evaluate = ([given]: readonly Value[]) => make(given as Value);
  return { params: [any], mayBeNull: true, returnType: ([given]) => (given as Value).type, evaluate };
}

const makers: ReadonlyMap<string, HclFunction> = new Map([
  ["unknown_like", maker((value) => unknownValue(value.type))],
  ["sensitive", maker((value) => value.withSensitive())],
]);

function evaluateLine(text: string, scope: VariableScope): Value | undefined {
  const diagnostics = new Diagnostics();
  const expression = parseExpressionText(new SourceFile("<expression>", text), diagnostics);
  const value = expression && evaluate(expression, scope, diagnostics);
  return diagnostics.hasErrors ? undefined : value;
}

function typeText(type: Type): string {
  switch (type.kind) {
    case "list":
    case "set":
    case "map":
      return `${type.kind}(${typeText(type.element)})`;
    case "tuple":
      return `tuple([${type.elements.map(typeText).join(",")}])`;
    case "object":
      return `object({${[...type.attributes].map(([name, part]) => `${quote(name)}=${typeText(part)}`).join(",")}})`;
    default:
      return type.kind;
  }
}

function valueText(value: Value): string {
  if (!value.isKnown) return `<unknown ${typeText(value.type)}>`;
  if (value.isNull) return "null";
  switch (value.type.kind) {
    case "string":
      return quote(value.asString());
    case "number":
      return value.asNumber().toString();
    case "bool":
      return String(value.asBool());
    case "map":
    case "object":
      return `{${[...value.asMap()].map(([key, inner]) => `${quote(key)}:${valueText(inner)}`).join(",")}}`;
    default:
      return `[${value.elements().map(valueText).join(",")}]`;
  }
}

function quote(text: string): string {
  return JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}
