import { describe, expect, it } from "vitest";
import { sampleScope } from "../../../tests/support/hcl/evaluate-text.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import { Diagnostics } from "../source/diagnostic.ts";
import { locationOf, SourceFile } from "../source/source-file.ts";
import { printValue } from "../values/print-value.ts";
import { readBody } from "./body-content.ts";
import { parseJsonFile, parseJsonText } from "./parse-json.ts";
import type { Block } from "./syntax.ts";

function evaluateJson(text: string): string {
  const diagnostics = new Diagnostics();
  const expression = parseJsonText(new SourceFile("test.json", text), diagnostics);
  const value = expression && evaluate(expression, sampleScope(), diagnostics);
  if (!value || diagnostics.hasErrors) return diagnostics.all.map(({ summary }) => `! ${summary}`).join("; ");
  return printValue(value).replace(/,?\n\s*/g, " ");
}

describe("parseJsonText()", () => {
  it.each([
    ["true", "true"],
    ["null", "null"],
    [" -12.50e1 ", "-125"],
    ["123456789012345678901234567890", "123456789012345678901234567890"],
    ['"text"', '"text"'],
    ['"\\u00e9\\n\\/\\ud83d\\ude00"', '"é\\n/😀"'],
    ['"\\ud83dx\\udc4d ${s}"', '"\ufffdx\ufffd str"'],
    ['{"\\ud83d": 1}', '{ "\ufffd" = 1 }'],
    ['"${s}"', '"str"'],
    ['"${n}"', "5"],
    ['"x ${upper(\\"a\\")} ${s}"', '"x A str"'],
    ['"$${s} 100%"', '"$${s} 100%"'],
    ['"%{ if b }yes%{ endif }"', '"yes"'],
    ["[]", "[]"],
    ['[1, "${s}", [null]]', '[ 1 "str" [ null ] ]'],
    ['{"b": 1, "${s}": {"a": true}}', '{ "b" = 1 "str" = { "a" = true } }'],
  ])("%s", (text, expected) => {
    expect(evaluateJson(text)).toBe(expected);
  });

  it.each([
    ["", "! Invalid JSON value"],
    ["tru", "! Invalid JSON value"],
    ["01", "! Invalid JSON value"],
    ["+1", "! Invalid JSON value"],
    [".5", "! Invalid JSON value"],
    ["1.", "! Invalid JSON value"],
    ["1x", "! Invalid JSON value"],
    ["1e999999999", "! Invalid JSON number"],
    ["'a'", "! Invalid JSON value"],
    ['"a', "! Invalid JSON string"],
    ['"a\nb"', "! Invalid JSON string"],
    ['"\\x"', "! Invalid JSON string"],
    ["[1", "! Missing item separator"],
    ["[1,]", "! Trailing comma in array"],
    ["[1 2]", "! Missing item separator"],
    ['{"a" 1}', "! Missing property value colon"],
    ['{"a": 1', "! Missing attribute separator"],
    ['{"a": 1,}', "! Trailing comma in object"],
    ["{a: 1}", "! Invalid object property name"],
    ["{} {}", "! Extraneous data after JSON value"],
    ['"${"', "! Missing expression"],
    ['"${missing}"', "! Unknown variable"],
    ['"a \\" ${missing}"', "! Unknown variable"],
    ["[".repeat(5000), "! Too deeply nested"],
  ])("refuses %j", (text, expected) => {
    expect(evaluateJson(text).slice(0, 60)).toBe(expected);
  });

  it("knows where in the file an expression stands", () => {
    const diagnostics = new Diagnostics();
    const text = '{\n  "a": "x ${nope}",\n  "b": "\\t${also}"\n}';
    const expression = parseJsonText(new SourceFile("test.json", text), diagnostics);
    if (expression) evaluate(expression, sampleScope(), diagnostics);
    const places = diagnostics.all.map(({ span }) => span && locationOf(span));
    expect(places).toEqual([
      { file: "test.json", line: 2, column: 13 },
      { file: "test.json", line: 3, column: 12 },
    ]);
  });
});

describe("readBody() of JSON", () => {
  const SCHEMA = { attributes: ["a"], blocks: { plain: [], one: ["name"], two: ["type", "name"] } };

  function read(json: unknown) {
    const diagnostics = new Diagnostics();
    const body = parseJsonFile(new SourceFile("test.json", JSON.stringify(json)), diagnostics);
    const { attributes, blocks } = readBody(body, SCHEMA, diagnostics);
    const describeBlock = ({ type, labels, body: inner }: Block) => {
      return `${[type, ...labels.map(({ text }) => text)].join(" ")} {${inner.attributes.map(({ name }) => name).join(" ")}}`;
    };
    return {
      names: [...attributes.keys()],
      blocks: blocks.map(describeBlock),
      problems: diagnostics.all.map(({ summary }) => summary),
    };
  }

  it.each<[unknown, string[], string[]]>([
    [{}, [], []],
    [{ "//": "comment", a: 1 }, ["a"], []],
    [{ plain: { x: 1 } }, [], ["plain {x}"]],
    [{ plain: [{ x: 1 }, { y: 1 }] }, [], ["plain {x}", "plain {y}"]],
    [{ plain: null }, [], []],
    [{ one: { n: { x: 1 }, m: [{}, {}] } }, [], ["one n {x}", "one m {}", "one m {}"]],
    [{ two: { t: { n: {} }, u: [{ n: {} }, { m: {} }] } }, [], ["two t n {}", "two u n {}", "two u m {}"]],
    [[{ a: 1 }, { plain: {} }], ["a"], ["plain {}"]],
  ])("%j", (json, names, blocks) => {
    expect(read(json)).toEqual({ names, blocks, problems: [] });
  });

  it.each<[unknown, string[]]>([
    [{ b: 1 }, ["Unsupported argument"]],
    [{ plain: 5 }, ["Incorrect JSON value type"]],
    [{ one: "x" }, ["Incorrect JSON value type"]],
    [{ one: { n: "x" } }, ["Incorrect JSON value type"]],
    [null, ["Root value must be object"]],
    ["text", ["Root value must be object"]],
  ])("refuses %j", (json, problems) => {
    expect(read(json).problems).toEqual(problems);
  });

  it("reads strings of megabytes", () => {
    for (const piece of ["a", "\\n"]) {
      const diagnostics = new Diagnostics();
      parseJsonFile(new SourceFile("t.json", `{"plain": "${piece.repeat(3_000_000)}"}`), diagnostics);
      expect(diagnostics.all).toEqual([]);
    }
  });

  it("refuses an argument that stands there twice", () => {
    const diagnostics = new Diagnostics();
    const body = parseJsonFile(new SourceFile("t.json", '{"a": "x",\n"a": "y"}'), diagnostics);
    readBody(body, SCHEMA, diagnostics);
    expect(diagnostics.all.map(({ summary }) => summary)).toEqual(["Duplicate argument"]);
  });

  it("keeps blocks whose property stands there twice", () => {
    const diagnostics = new Diagnostics();
    const body = parseJsonFile(new SourceFile("t.json", '{"one": {"n": {}}, "one": {"m": {}}}'), diagnostics);
    expect(readBody(body, SCHEMA, diagnostics).blocks.map(({ labels }) => labels[0]?.text)).toEqual(["n", "m"]);
  });
});
