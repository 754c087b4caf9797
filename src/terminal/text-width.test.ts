import { describe, expect, it } from "vitest";
import { cutToWidth, padToWidth, plainText } from "./text-width.ts";

describe("cutToWidth()", () => {
  it.each([
    ["abc", 3, "abc"],
    ["abcd", 3, "ab…"],
    ["日本語", 6, "日本語"],
    ["日本語", 5, "日本…"],
    ["日本語", 4, "日…"],
    ["e\u0301e\u0301e\u0301", 2, "e\u0301…"],
    ["abc", 1, "…"],
    ["abc", 0, ""],
  ])("cuts %j to %i columns", (text, columns, cut) => {
    expect(cutToWidth(text, columns)).toBe(cut);
  });
});

it("padToWidth() counts columns, not characters", () => {
  expect(padToWidth("日本", 6)).toBe("日本  ");
});

it.each([
  ["\u001b[2J\u001b]0;title\u0007red\u001b[31m", "red"],
  ["a\tb\r\nc", "a b c"],
  ["\u202eback\u0000wards\u009b", "backwards"],
])("plainText() of %j", (text, plain) => {
  expect(plainText(text)).toBe(plain);
});
