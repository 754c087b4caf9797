import { describe, expect, it } from "vitest";
import { UsageError } from "../common/errors.ts";
import { parseHostName } from "./host-name.ts";

describe("parseHostName()", () => {
  it.each([
    ["fleet.example.com", "fleet.example.com"],
    ["Fleet.Example.COM", "fleet.example.com"],
    ["flotte.müller.example", "flotte.xn--mller-kva.example"],
    ["builder", "builder"],
    ["192.0.2.7", "192.0.2.7"],
    ["[2001:DB8::1]", "[2001:db8::1]"],
  ])("has %s as browsers send it", (text, name) => {
    expect(parseHostName(text)).toBe(name);
  });

  it.each([
    ...["", " ", "https://fleet.example.com", "fleet.example.com:8443", "fleet.example.com:80", "fleet.example.com/"],
    ...["ada@fleet.example.com", "fleet.example.com?a", "fleet.example.com#a", "*.example.com", "a b", "a\\b", "[x]"],
    ...["a%2fb", "fleet.example.com:", "2001:db8::1", "a,b"],
  ])("refuses %j, which no browser sends", (text) => {
    expect(() => parseHostName(text)).toThrow(UsageError);
  });
});
