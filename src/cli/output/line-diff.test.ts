import { describe, expect, it } from "vitest";
import { lineDiff } from "./line-diff.ts";

const numbered = (changed: readonly number[], mark: string) =>
  Array.from({ length: 20 }, (_, index) => `${index + 1}${changed.includes(index + 1) ? mark : ""}\n`).join("");

describe("lineDiff()", () => {
  it("is empty for the same text", () => {
    expect(lineDiff("a", "x\n", "x\n")).toBe("");
  });

  it("shows three lines around a change", () => {
    expect(lineDiff("a", numbered([10], ""), numbered([10], "!"))).toBe(
      "--- old/a\n+++ new/a\n@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-10\n+10!\n 11\n 12\n 13\n",
    );
  });

  it.each<[readonly number[], readonly string[]]>([
    [[1], ["@@ -1,4 +1,4 @@"]],
    [[20], ["@@ -17,4 +17,4 @@"]],
    [[5, 12], ["@@ -2,14 +2,14 @@"]],
    [
      [5, 13],
      ["@@ -2,7 +2,7 @@", "@@ -10,7 +10,7 @@"],
    ],
  ])("has the hunks that diff -u has for changes in %j", (changed, headers) => {
    expect(lineDiff("a", numbered([], ""), numbered(changed, "!")).match(/^@@.*/gm)).toEqual(headers);
  });

  it("puts neighbouring old lines before the new ones, and knows a last line without an end", () => {
    expect(lineDiff("a", "a=1\nb=2", "a = 1\nb = 2")).toBe(
      "--- old/a\n+++ new/a\n@@ -1,2 +1,2 @@\n-a=1\n-b=2\n\\ No newline at end of file\n+a = 1\n+b = 2\n\\ No newline at end of file\n",
    );
  });

  it("names a single line without a count", () => {
    expect(lineDiff("a", "a\n", "b\n")).toContain("@@ -1 +1 @@");
  });
});
