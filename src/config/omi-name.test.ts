import { describe, expect, it } from "vitest";
import { cleanOmiName, omiNameProblem } from "./omi-name.ts";

describe("omiNameProblem()", () => {
  it.each(["web", "a".repeat(128), "Debian-12 (2026/01) v1.2_x"])("accepts %j", (name) => {
    expect(omiNameProblem(name)).toBeUndefined();
  });

  it.each([
    ["", "is required"],
    ["ab", 'must have 3 to 128 characters, not 2: "ab"'],
    ["a".repeat(129), `must have 3 to 128 characters, not 129: "${"a".repeat(129)}"`],
    ["it's [mine]", 'must not contain "\'", "[", "]": "it\'s [mine]"'],
    ["me@home", 'must not contain "@": "me@home"'],
    ["café🚀", 'must not contain "é", "🚀": "café🚀"'],
  ])("refuses %j", (name, problem) => {
    expect(omiNameProblem(name)).toBe(problem);
  });
});

describe("cleanOmiName()", () => {
  it("puts a dash for each character that a name may not have", () => {
    expect(cleanOmiName("2026-01-02T03:04:05Z [é🚀]")).toBe("2026-01-02T03-04-05Z ----");
    expect(omiNameProblem(cleanOmiName("it's [mine] @home"))).toBeUndefined();
  });
});
