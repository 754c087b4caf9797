import { describe, expect, it } from "vitest";
import { requirePrefix } from "./require-prefix.ts";

describe("requirePrefix()", () => {
  it.each(["", "a", "a/", "a b/c%2F", "a//b", "...", "a/.b/..c", "p".repeat(200)])("takes %j", (prefix) => {
    expect(requirePrefix(prefix)).toBe(prefix);
  });

  it.each(["/a", ".", "..", "a/../b", "./a", "a/.", "a\nb", "é", "p".repeat(201)])("refuses %j", (prefix) => {
    expect(() => requirePrefix(prefix)).toThrow("The prefix of the exported objects cannot be taken");
  });
});
