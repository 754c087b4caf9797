import { describe, expect, it } from "vitest";
import { hideSensitive } from "./hide-sensitive.ts";

describe("hideSensitive()", () => {
  it("hides values however short they are, also in keys, texts and numbers", () => {
    expect(hideSensitive({ ab: ["x-ab-y", 42, true, null], c: { d: "safe" } }, ["ab", "42"])).toEqual({
      "(sensitive value)": ["x-(sensitive value)-y", "(sensitive value)", true, null],
      c: { d: "safe" },
    });
  });

  it("hides the longest first, and takes an empty value for none", () => {
    expect(hideSensitive("secret-long", ["secret", "secret-long", ""])).toBe("(sensitive value)");
  });

  it("leaves out what is undefined, and names what is not a number", () => {
    expect(hideSensitive({ a: undefined, b: Number.NaN }, [], "<unknown>")).toEqual({ b: "<unknown>" });
  });
});
