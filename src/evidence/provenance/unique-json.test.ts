import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseUniqueJson } from "./unique-json.ts";

describe("parseUniqueJson()", () => {
  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '[{"x":{"b":[{}],"c":{"d":"\\"","d":1}}}]',
    '{"a":{"b":1},"c":[1,{"a":1}],"a":null}',
    '{"__proto__":1,"__proto__":2}',
  ])("refuses a name that stands twice: %s", (text) => {
    expect(() => parseUniqueJson(text)).toThrow("stands twice");
  });

  it("takes any other JSON as it is", () => {
    const isTaken = fc.property(fc.json(), (text) => {
      expect(parseUniqueJson(text)).toEqual(JSON.parse(text));
    });
    fc.assert(isTaken);
    const tricky = '{"a":"a","b":["a","a",{"a":"\\\\\\",\\"a\\":"}],"c":{"a":{"a":1}}}';
    expect(parseUniqueJson(tricky)).toEqual(JSON.parse(tricky));
  });

  it("survives what is nested deeply", () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    expect(() => parseUniqueJson(deep)).not.toThrow("stands twice");
    expect(() => parseUniqueJson("{")).toThrow(SyntaxError);
  });
});
