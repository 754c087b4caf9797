import { describe, expect, it } from "vitest";
import { escapeJsonAsGo } from "./json-escapes.ts";

describe("escapeJsonAsGo()", () => {
  it("changes five characters, and not what the JSON means", () => {
    const value = { "a<b": ["x & y", "\u2028\u2029", "é\n"] };
    const text = escapeJsonAsGo(JSON.stringify(value));
    expect(text).toBe(String.raw`{"a\u003cb":["x \u0026 y","\u2028\u2029","é\n"]}`);
    expect(JSON.parse(text)).toEqual(value);
  });
});
