import { describe, expect, it } from "vitest";
import { hasPrerelease, meetsConstraint, parseVersionConstraint } from "./version-constraint.ts";

function meets(version: string, text: string): boolean | undefined {
  const constraint = parseVersionConstraint(text);
  return constraint && meetsConstraint(version, constraint);
}

describe("meetsConstraint()", () => {
  it.each([
    ["1.16.0", ">= 1.7.0, < 2.0.0", true],
    ["1.16.0", ">= 1.17", false],
    ["1.16.0", "~> 1.7", true],
    ["1.16.0", "~> 1.16.0", true],
    ["1.16.0", "~> 1.15.0", false],
    ["1.16.0", "~> 2", false],
    ["2.1.0", "~> 1", false],
    ["1.16.0", "1.16", true],
    ["1.16.0", "= 1.16.0", true],
    ["1.16.0", "!= 1.16.0", false],
    ["1.16.0", ">=v0.1.0", true],
    ["1.16.0", "> 1.16.0", false],
    ["1.16.0", "<= 1.16.0", true],
    ["1.16.0", "< 1.9", false],
    ["1.2.3.4", "> 1.2.3", true],
    ["1.2.0-beta1", ">= 1.0", false],
    ["1.2.0-beta1", ">= 1.2.0-alpha", true],
    ["1.2.0-beta.2", "< 1.2.0-beta.10", true],
    ["1.2.0-1", "< 1.2.0-alpha", true],
    ["1.2.0-alpha", "< 1.2.0-alpha.1", true],
    ["1.2.0+build5", "= 1.2.0", true],
  ])("%s %s: %s", (version, constraint, expected) => {
    expect(meets(version, constraint)).toBe(expected);
  });

  it.each(["", "latest", ">= 1.x", "=> 1.0", "1.0 2.0", ">= 1.0,"])("%j is no constraint", (text) => {
    expect(parseVersionConstraint(text)).toBeUndefined();
  });
});

describe("hasPrerelease()", () => {
  it("looks at every condition", () => {
    expect(hasPrerelease(parseVersionConstraint(">= 1.0, < 2.0.0-rc1") ?? [])).toBe(true);
    expect(hasPrerelease(parseVersionConstraint(">= 1.0") ?? [])).toBe(false);
  });
});
