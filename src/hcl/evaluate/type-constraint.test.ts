import { describe, expect, it } from "vitest";
import { evaluateText, sampleScope } from "../../../tests/support/hcl/evaluate-text.ts";
import { Diagnostics } from "../source/diagnostic.ts";
import { SourceFile } from "../source/source-file.ts";
import { parseExpressionText } from "../syntax/parse.ts";
import { parseJsonText } from "../syntax/parse-json.ts";
import { convert } from "../values/convert.ts";
import { printValue } from "../values/print-value.ts";
import { typeExpression } from "../values/type.ts";
import { nullValue } from "../values/value.ts";
import { evaluate } from "./evaluate.ts";
import { applyDefaults, readTypeConstraint } from "./type-constraint.ts";

function read(text: string) {
  const diagnostics = new Diagnostics();
  const expression = parseExpressionText(new SourceFile("type", text), diagnostics);
  if (!expression) throw new Error("The test's type cannot be parsed");
  const constraint = readTypeConstraint(
    expression,
    (inner) => evaluate(inner, sampleScope(), diagnostics),
    diagnostics,
  );
  return { constraint, problems: diagnostics.all.map(({ summary }) => summary) };
}

describe("readTypeConstraint()", () => {
  it.each([
    ["string", "string"],
    ["any", "any"],
    ["set(bool)", "set(bool)"],
    ["list(map(number))", "list(map(number))"],
    ["tuple([])", "tuple([])"],
    ["tuple([string, list(any)])", "tuple([string, list(any)])"],
    ["object({})", "object({})"],
    ['object({b = string, "a" = number})', "object({a=number, b=string})"],
    ["object({a = optional(string), b = optional(number, 1)})", "object({a=optional(string), b=optional(number)})"],
  ])("%s", (text, expected) => {
    const { constraint, problems } = read(text);
    expect(problems).toEqual([]);
    expect(constraint && typeExpression(constraint.type)).toBe(expected);
  });

  it.each([
    "strng",
    "object",
    "tuple",
    "list",
    "map",
    "set",
    '"string"',
    '"list(string)"',
    "list()",
    "list(string, string)",
    "list(strng)",
    "foo(string)",
    "optional(string)",
    "object(string)",
    "object({a = strng})",
    "object({(a) = string})",
    "object({a = optional()})",
    "object({a = optional(string, 1, 2)})",
    "tuple(string)",
    "tuple([strng])",
    "a.b",
    "5",
    '"strng"',
  ])("refuses %s", (text) => {
    const { constraint, problems } = read(text);
    expect(constraint).toBeUndefined();
    expect(problems).toEqual(["Invalid type specification"]);
  });

  it("refuses a default that does not fit its type", () => {
    expect(read("object({a = optional(number, [])})").problems).toEqual([
      "Invalid default value for optional attribute",
    ]);
  });
});

describe("applyDefaults()", () => {
  it.each([
    ['object({a = optional(string, "x")})', "{}", '{"a" = "x"}'],
    ['object({a = optional(string, "x")})', "{a = null}", '{"a" = "x"}'],
    ['object({a = optional(string, "x")})', '{a = "y"}', '{"a" = "y"}'],
    ["object({a = optional(string)})", "{}", '{"a" = null}'],
    [
      "list(object({a = string, b = optional(number, 5)}))",
      '[{a = "x"}, {a = "y", b = 1}]',
      '[{"a" = "x", "b" = 5}, {"a" = "y", "b" = 1}]',
    ],
    ['map(object({a = optional(string, "x")}))', "{k = {}}", '{"k" = {"a" = "x"}}'],
    ['tuple([object({a = optional(string, "x")})])', "[{}]", '[{"a" = "x"}]'],
    ['object({in = optional(object({a = optional(string, "x")}), {})})', "{}", '{"in" = {"a" = "x"}}'],
    ['object({a = optional(string, "x")})', "null", "null"],
    ['list(object({a = optional(string, "x")}))', "[]", "[]"],
  ])("%s on %s", (type, value, expected) => {
    const { constraint } = read(type);
    const diagnostics = new Diagnostics();
    const expression = parseExpressionText(new SourceFile("value", value), diagnostics);
    if (!constraint || !expression) throw new Error("The test's texts cannot be read");
    const given = evaluate(expression, sampleScope(), diagnostics);
    const result = convert(applyDefaults(given, constraint.defaults), constraint.type);
    const compact = printValue(result)
      .replace(/,?\n\s*([}\]])/g, "$1")
      .replace(/([[{])\n\s*/g, "$1")
      .replace(/,?\n\s*/g, ", ");
    expect(compact).toBe(expected);
  });
});

describe("readTypeConstraint() of a string in JSON", () => {
  it.each([
    ['"list(string)"', "list(string)"],
    ['"map"', undefined],
  ])("%s", (text, expected) => {
    const diagnostics = new Diagnostics();
    const expression = parseJsonText(new SourceFile("a.pkr.json", text), diagnostics);
    if (!expression) throw new Error("The test's JSON cannot be read");
    const constraint = readTypeConstraint(expression, () => nullValue(), diagnostics);
    expect(constraint && typeExpression(constraint.type)).toBe(expected);
  });
});

describe("convert(), the function", () => {
  it.each([
    ['convert(["b", "a", "b"], set(string))', 'convert(["a", "b"], set(string))'],
    ['convert("5", number)', "5"],
    ['convert({a = null, b = ["x"]}, map(any))', '{"a" = null, "b" = ["x"]}'],
    ['convert(["5", number]...)', "! Unknown variable"],
    ['convert("5", "number")', "! Invalid type specification"],
    ['convert("5", ["number"]...)', "! Invalid type specification"],
    ["convert({a = 1}, map(string))", '{"a" = "1"}'],
    ['convert({}, object({a = optional(string, "x")}))', '{"a" = "x"}'],
    ["convert(us, number)", "unknown number"],
    ["convert(secret, string)", "(sensitive value)"],
    ["convert([], number)", "! Invalid function argument"],
    ["convert(1, strng)", "! Invalid type specification"],
    ["convert(1)", "! Error in function call"],
  ])("%s", (text, expected) => {
    expect(evaluateText(text)).toBe(expected);
  });
});
