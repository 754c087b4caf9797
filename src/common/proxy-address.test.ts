import { describe, expect, it } from "vitest";
import { proxyPasswords } from "./proxy-address.ts";

describe("proxyPasswords()", () => {
  it.each([
    ["http://user:p%40ss@proxy:3128", ["p%40ss", "p@ss"]],
    ["user:pass@proxy:3128", ["pass"]],
    ["http://user:p|ss@proxy", ["p|ss", "p%7Css"]],
    ["http://user@proxy", []],
    ["http://proxy/a:b@c", []],
    ["", []],
    [undefined, []],
  ])("of %s", (address, expected) => {
    expect(proxyPasswords(address)).toEqual(expected);
  });
});
