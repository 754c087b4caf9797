import { describe, expect, it } from "vitest";
import { withoutControls } from "./without-controls.ts";

describe("withoutControls()", () => {
  it.each([
    ["a\u001b[2Jb\u001b]0;title\u0007c", "abc"],
    ["\u001b[31mred\u001b[0m", "red"],
    ["cut\u001b", "cut"],
    ["\u009b2Jx\u0000", "x"],
    ["tab\tand\nline, \u00e9\u20ac", "tab\tand\nline, \u00e9\u20ac"],
  ])("of %j is %j", (text, expected) => expect(withoutControls(text)).toBe(expected));
});
