import { describe, expect, it } from "vitest";
import { cleanOmiName } from "../go-template/packer-functions.ts";
import { omiNameProblem } from "./omi-name.ts";

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

describe("clean_omi_name", () => {
  it("makes of every character what a name may have", () => {
    const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).join("");
    for (const text of [ascii, "2026-01-02T03:04:05Z [é🚀]", "it's [mine] @home"]) {
      expect(omiNameProblem(`x${cleanOmiName(text)}`.slice(0, 100))).toBeUndefined();
      expect(omiNameProblem(`x${cleanOmiName(text)}`.slice(-100))).toBeUndefined();
    }
  });

  it("leaves alone what the API takes", () => {
    const name = "Debian-12 (2026/01) v1.2_x";
    expect(cleanOmiName(name)).toBe(name);
  });
});
