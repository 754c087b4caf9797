import { describe, expect, it } from "vitest";
import { compileGlob, compilePathGlob } from "./glob.ts";

describe("compileGlob()", () => {
  it.each([
    ["outscale-chroot.debian", "outscale-chroot.debian", true],
    ["outscale-chroot.debian", "outscale-chrootXdebian", false],
    ["*", "a.b.c", true],
    ["outscale-chroot.*", "outscale-chroot.debian", true],
    ["*.debian", "base.outscale-chroot.debian", true],
    ["**.debian", "x.debian", true],
    ["debian-1?", "debian-12", true],
    ["debian-1?", "debian-1", false],
    ["debian-[12]", "debian-2", true],
    ["debian-[!12]", "debian-2", false],
    ["debian-[0-9]", "debian-7", true],
    ["{web,db}.x", "db.x", true],
    ["{web,db}.x", "app.x", false],
    ["a,b", "a,b", true],
    ["a\\*", "a*", true],
    ["a\\*", "ab", false],
    ["a+b(c)", "a+b(c)", true],
  ])("%s on %s: %s", (pattern, text, expected) => {
    expect(compileGlob(pattern)?.test(text)).toBe(expected);
  });

  it.each(["{a,b", "[z-a]"])("has no pattern for %s, which is broken", (pattern) => {
    expect(compileGlob(pattern)).toBeUndefined();
  });
});

describe("compilePathGlob()", () => {
  it.each([
    ["*.pyc", "a.pyc", true],
    ["*.pyc", "sub/a.pyc", false],
    ["?", "/", false],
    ["[!a]", "/", false],
    ["[^a]", "b", true],
    ["[^a]", "a", false],
    ["[^a]", "^", true],
    ["**/*.pyc", "a.pyc", true],
    ["**/*.pyc", "one/two/a.pyc", true],
    ["docs/**/*.pdf", "docs/a.pdf", true],
    ["docs/**/*.pdf", "docs/one/two/a.pdf", true],
    ["docs/**/*.pdf", "more/docs/a.pdf", false],
    ["cache/**", "cache/x/y", true],
    ["cache/**", "cache", true],
    ["cache/**", "cached", false],
    ["**", "a/.b/c", true],
    ["a**b", "axb", true],
    ["a**b", "a/b", false],
    ["{etc,usr/**}/x", "usr/lib/x", true],
    ["*", ".hidden", true],
    ["\\*", "*", true],
  ])("%s on %s: %s", (pattern, text, expected) => {
    expect(compilePathGlob(pattern)?.test(text)).toBe(expected);
  });

  it.each(["[", "*[", "[]a]", "a\\", "{a"])("has no pattern for %s, which is broken", (pattern) => {
    expect(compilePathGlob(pattern)).toBeUndefined();
  });
});

/** A backtracking engine needs longer than the sun will burn for these. */
describe.each([
  ["compileGlob()", compileGlob],
  ["compilePathGlob()", compilePathGlob],
] as const)("%s takes a time that grows with the text alone", (_, compile) => {
  it.each([
    [`${"*a".repeat(40)}b`, "a".repeat(10_000)],
    [`${"{a,*}".repeat(40)}b`, "a".repeat(1_000)],
    [`${"**/".repeat(40)}b`, "a/".repeat(5_000)],
    [`${"?*".repeat(40)}b`, "a".repeat(10_000)],
  ])("for the pattern %s", (pattern, text) => {
    expect(compile(pattern)?.test(text)).toBe(false);
  });
});
