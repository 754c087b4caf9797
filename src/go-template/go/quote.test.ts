import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quote, unquote, unquoteCharacter } from "./quote.ts";

describe("quote()", () => {
  it.each([
    ["\x00\x07\x7f", '"\\x00\\a\\x7f"', '"\\x00\\a\\x7f"'],
    ["é\u00a0\u200b\ufeff", '"é\\u00a0\\u200b\\ufeff"', '"\\u00e9\\u00a0\\u200b\\ufeff"'],
    ["\u{1f600}\u{e0001}", '"\u{1f600}\\U000e0001"', '"\\U0001f600\\U000e0001"'],
    ["\"'\\", '"\\"\'\\\\"', '"\\"\'\\\\"'],
    ["\t\v\r\n", '"\\t\\v\\r\\n"', '"\\t\\v\\r\\n"'],
  ])("%j", (text, quoted, ascii) => {
    expect(quote(text)).toBe(quoted);
    expect(quote(text, { ascii: true })).toBe(ascii);
  });
});

describe("unquote()", () => {
  it("is the inverse of quote()", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.boolean(), (text, ascii) => {
        expect(unquote(quote(text, { ascii }))).toBe(text);
      }),
    );
  });

  it.each([
    ["`a\\n\r\n\"'`", "a\\n\n\"'"],
    ['"\\x41\\101\\u00e9\\U0001F600"', "AAé\u{1f600}"],
    ['"\\xe2\\x82\\xac"', "€"],
    ['"\'"', "'"],
  ])("%j", (literal, text) => {
    expect(unquote(literal)).toBe(text);
  });

  it.each([
    '"',
    '"a',
    'a"',
    '"\\q"',
    '"\\x4"',
    '"\\u12"',
    '"\\ud800"',
    '"\\U00110000"',
    '"\\400"',
    '"\\\'"',
    '"a\nb"',
    "'a'",
    "",
  ])("%j is no string literal", (literal) => expect(unquote(literal)).toBeUndefined());
});

describe("unquoteCharacter()", () => {
  it.each([
    ["'a'", 97],
    ["'世'", 0x4e16],
    ["'\\n'", 10],
    ["'\\xff'", 255],
    ["'\\''", 39],
    ["'\u{1f600}'", 0x1f600],
  ])("%j", (literal, code) => expect(unquoteCharacter(literal)).toBe(code));

  it.each(["''", "'ab'", "'", "'\\q'", '"a"', "'\\\"'"])("%j is no character literal", (literal) => {
    expect(unquoteCharacter(literal)).toBeUndefined();
  });
});
