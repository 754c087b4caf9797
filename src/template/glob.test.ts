import { describe, expect, it } from "vitest";
import { compileGlob } from "./glob.ts";

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

  it("refuses braces that are not closed", () => {
    expect(compileGlob("{a,b")).toBeUndefined();
  });
});
