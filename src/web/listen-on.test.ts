import { describe, expect, it } from "vitest";
import { isLocal, parseListenOn, urlOf } from "./listen-on.ts";

describe("parseListenOn()", () => {
  it.each([
    ["127.0.0.1:8443", { host: "127.0.0.1", port: 8443 }],
    ["localhost:0", { host: "127.0.0.1", port: 0 }],
    ["[::1]:80", { host: "::1", port: 80 }],
    ["0.0.0.0:65535", { host: "0.0.0.0", port: 65_535 }],
    ["unix:/run/web.sock", { path: "/run/web.sock" }],
  ])("reads %s", (text, expected) => {
    expect(parseListenOn(text)).toEqual(expected);
  });

  it.each([
    "8443",
    ":8443",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:65536",
    "::1:80",
    "fleet.example.com:443",
    "unix:web.sock",
    "",
  ])("refuses %s", (text) => {
    expect(() => parseListenOn(text)).toThrow("-listen must be");
  });
});

describe("isLocal()", () => {
  it.each([
    ["127.0.0.1:1", true],
    ["127.9.9.9:1", true],
    ["[::1]:1", true],
    ["unix:/x", true],
    ["0.0.0.0:1", false],
    ["[::]:1", false],
    ["10.0.0.1:1", false],
  ])("says of %s: %s", (text, expected) => {
    expect(isLocal(parseListenOn(text))).toBe(expected);
  });
});

describe("urlOf()", () => {
  it("gives what a browser on this machine opens", () => {
    expect(urlOf({ host: "0.0.0.0", port: 1 }, true)).toBe("https://127.0.0.1:1");
    expect(urlOf({ host: "::1", port: 2 }, false)).toBe("http://[::1]:2");
  });
});
