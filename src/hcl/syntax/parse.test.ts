import { describe, expect, it } from "vitest";
import { Diagnostics } from "../source/diagnostic.ts";
import { SourceFile, spanText } from "../source/source-file.ts";
import { parseFile } from "./parse.ts";
import type { Body } from "./syntax.ts";

function parse(text: string) {
  const diagnostics = new Diagnostics();
  const source = new SourceFile("test.hcl", text);
  const body = parseFile(source, diagnostics);
  const problems = diagnostics.all.map(({ summary, span }) => `${source.locate(span?.start ?? 0).line}: ${summary}`);
  return { body, problems, diagnostics };
}

/** A body as data: blocks as `type label label`, attributes by the text of their values. */
function outline(body: Body): Record<string, unknown> {
  return Object.fromEntries([
    ...body.attributes.map(({ name, value }) => [name, spanText(value.span)] as const),
    ...body.blocks.map(({ type, labels, body: inner }) => {
      return [[type, ...labels.map(({ text }) => text)].join(" "), outline(inner)] as const;
    }),
  ]);
}

describe("parseFile() reads", () => {
  it.each<[string, Record<string, unknown>]>([
    ["", {}],
    ["\n\n# only a comment", {}],
    ["// a\n/* b\n c */\na = 1 # end\nb = 2 // end\nc /* mid */ = 3", { a: "1", b: "2", c: "3" }],
    ["a = 1", { a: "1" }],
    ["a = 1\r\nb = 2\r\n", { a: "1", b: "2" }],
    ["\uFEFFa = 1\n", { a: "1" }],
    ["a-b_c1 = 1\n", { "a-b_c1": "1" }],
    ["été = 1\n", { été: "1" }],
    ["a = [\n1,\n2\n]\n", { a: "[\n1,\n2\n]" }],
    ["a = (1 +\n2)\n", { a: "(1 +\n2)" }],
    ["a = f(\n1,\n)\n", { a: "f(\n1,\n)" }],
    ["a = {\nb = 1\n\n\nc = 2,\n}\n", { a: "{\nb = 1\n\n\nc = 2,\n}" }],
    ["a = {\nfor k, v in m :\nk => v\n}\n", { a: "{\nfor k, v in m :\nk => v\n}" }],
    ["a = <<EOT\nx\nEOT\nb = 1\n", { a: "<<EOT\nx\nEOT", b: "1" }],
    ["a {}\n", { a: {} }],
    ["a {\n}\n", { a: {} }],
    ["a { b = 1 }\n", { a: { b: "1" } }],
    ['a "b" c "d e" {\n}\n', { "a b c d e": {} }],
    ['a "q\\"\\u00e9$${x}" {}\n', { 'a q"é${x}': {} }],
    ["a {\nb = 1\nc {\nd = 2\n}\n}\n", { a: { b: "1", c: { d: "2" } } }],
    ["a {}", { a: {} }],
  ])("%j", (text, expected) => {
    const { body, problems } = parse(text);
    expect(problems).toEqual([]);
    expect(outline(body)).toEqual(expected);
  });
});

describe("parseFile() refuses", () => {
  it.each<[string, string[]]>([
    ["a", ["1: Argument or block definition required"]],
    ["a =", ["1: Missing expression"]],
    ["a = \n", ["1: Invalid expression"]],
    ["= 1\n", ["1: Argument or block definition required"]],
    ['"a" = 1\n', ["1: Invalid argument name"]],
    ["1 = 1\n", ["1: Argument or block definition required"]],
    ["a = 1 b = 2\n", ["1: Missing newline after argument"]],
    ["a = 1,\nb = 2\n", ["1: Unexpected comma after argument"]],
    ["a = 1\na = 2\n", ["2: Attribute redefined"]],
    ["a {\nb = 1\nb = 2\n}\n", ["3: Attribute redefined"]],
    ["a {\n", ["1: Unclosed configuration block"]],
    ["a {\nb {\n}\n", ["1: Unclosed configuration block"]],
    ["a { b = 1\n}\n", ["1: Invalid single-argument block definition"]],
    ["a { b = 1, c = 2 }\n", ["1: Invalid single-argument block definition"]],
    ["a { b {} }\n", ["1: Argument definition required"]],
    ["a { b }\n", ["1: Argument definition required"]],
    ["a {} b {}\n", ["1: Missing newline after block"]],
    ["a = {} b = 1\n", ["1: Missing newline after argument"]],
    ["a\n{\n}\n", ["1: Argument or block definition required", "2: Argument or block definition required"]],
    ['a "b"\n{\n}\n', ["1: Invalid block definition", "2: Argument or block definition required"]],
    ['a "b" = 1\n', ["1: Invalid block definition"]],
    ['a "b" 1 {}\n', ["1: Invalid block definition"]],
    ['a "${x}" {}\n', ["1: Invalid string literal"]],
    ['a "%{x}" {}\n', ["1: Invalid string literal"]],
    ['a "b {}\n', ["1: Invalid multi-line string", "1: Unterminated template string"].slice(0, 1)],
    ['a "\\q" {}\n', ["1: Invalid escape sequence"]],
    ["}\na = 1\n", ["1: Argument or block definition required"]],
    ["a = 'x'\n", ["1: Invalid character"]],
    ["a = `x`\n", ["1: Invalid character"]],
    ["a = 1;\n", ["1: Invalid character"]],
    ["a = b & c\n", ["1: Invalid character"]],
    ["a = ~b\n", ["1: Invalid character"]],
    ["a = 2 ^ 3\n", ["1: Invalid character"]],
    ["a = @x\n", ["1: Invalid character"]],
    ['a = "b\nc = 1\n', ["1: Invalid multi-line string"]],
    ["/* never\nends\n", ["1: Unterminated comment"]],
    ["a = <<EOT\nx\n", ["1: Unterminated template string"]],
    ["a = b ? c\n", ["1: Missing false expression in conditional"]],
    ["a = [\n1\n2\n]\n", ["3: Missing item separator"]],
    ["a = {\nb\n}\n", ["2: Missing attribute value"]],
    ['a = {\nfoo.bar = 1\n"x" 2\n}\n', ["3: Missing key/value separator"]],
    ["a = 1\u0000\n", ["1: Invalid character"]],
  ])("%j", (text, expected) => {
    expect(parse(text).problems).toEqual(expected);
  });
});

describe("parseFile() goes on after a problem", () => {
  it("and finds one in every broken item", () => {
    const text = [
      "a = 1 +",
      'b = "${x"',
      "c = [1, 2",
      "d = 4",
      "e {",
      "  f = )",
      "  g = 7",
      "  h { i = 1, j = 2 }",
      "  k = 11",
      "}",
      "l = 12",
      "m = {",
      "  n = 1 o = 2",
      "  p = 3",
      "}",
      "q = 17",
      "",
    ].join("\n");
    const { body, problems } = parse(text);
    expect(problems).toEqual([
      "1: Invalid expression",
      "2: Unclosed template sequence",
      "2: Invalid multi-line string",
      "4: Missing item separator",
      "6: Invalid expression",
      "8: Invalid single-argument block definition",
      "13: Missing attribute separator",
    ]);
    expect(outline(body)).toEqual({ d: "4", e: { g: "7", k: "11" }, l: "12", q: "17" });
  });

  it("keeps a block whose label is broken from taking others along", () => {
    const { body, problems } = parse('a "${x}" {\nb = 1\n}\nc = 2\n');
    expect(problems).toEqual(["1: Invalid string literal"]);
    expect(outline(body)).toEqual({ c: "2" });
  });

  it("shows each unusable character once", () => {
    expect(parse("a = 'x'\nb = 'y'\n").problems).toEqual(["1: Invalid character"]);
  });

  it("refuses blocks that are nested too deeply", () => {
    expect(parse("a {\n".repeat(100_000)).problems).toEqual(["401: Too deeply nested"]);
  });

  it.each([
    ["(", "1", ")"],
    ["[", "1", "]"],
    ["{a = ", "1", "}"],
    ["f(", "1", ")"],
    ['"${', "1", '}"'],
    ["true ? ", "1", " : 2"],
    ["[for x in y : ", "1", "]"],
    ["!", "true", ""],
  ])("refuses more than 400 levels of %s, and says nothing of the block around it", (open, inner, close) => {
    const nested = (levels: number) => parse(`a {\n  b = ${open.repeat(levels)}${inner}${close.repeat(levels)}\n}\n`);
    expect(nested(390).problems).toEqual([]);
    expect(nested(410).problems).toEqual(["2: Too deeply nested"]);
    expect(nested(50_000).problems).toEqual(["2: Too deeply nested"]);
  });

  it("reads texts of megabytes", () => {
    const size = 3_000_000;
    const texts = [
      `"${"a".repeat(size)}"`,
      `"${"\\n".repeat(size)}"`,
      `"${"é$".repeat(100_000)}"`,
      `<<E\n${"some words\n".repeat(size / 10)}E`,
      `1 #${"\r".repeat(size)}`,
      `1 /*${"*".repeat(size)}*/`,
    ];
    for (const text of texts) expect(parse(`a = ${text}\n`).problems, text.slice(0, 5)).toEqual([]);
    expect(parse(`a = ${"1.".repeat(size)}1\n`).problems).toEqual(["1: Invalid number"]);
  });

  it("takes no longer for many broken items than for many good ones", () => {
    for (const line of ["a = { b c\n", "a = [\n", "a = (\n", 'a = "${\n', "a = }\n", "a {]\n"]) {
      expect(parse(line.repeat(20_000)).problems.length, line).toBeGreaterThan(0);
    }
  }, 60_000);
});
