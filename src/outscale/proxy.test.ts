import { describe, expect, it } from "vitest";
import { proxyFor } from "./proxy.ts";

const api = "https://api.eu-west-2.outscale.com/api/v1";
const proxy = "http://proxy.example:3128";

describe("proxyFor()", () => {
  it.each<[string, string, NodeJS.ProcessEnv, string | undefined]>([
    ["no variable", api, {}, undefined],
    ["the scheme's own variable", api, { HTTPS_PROXY: proxy, HTTP_PROXY: "http://other" }, proxy],
    ["the other scheme's variable", api, { HTTP_PROXY: proxy }, undefined],
    ["lower case first", api, { https_proxy: proxy, HTTPS_PROXY: "http://other" }, proxy],
    ["a host without a scheme", api, { HTTPS_PROXY: "proxy.example:3128" }, proxy],
    ["plain http", "http://api.example/", { HTTP_PROXY: proxy }, proxy],
    ["this machine", "http://127.0.0.1:8080/", { HTTP_PROXY: proxy }, undefined],
    ["this machine by name", "https://localhost/", { HTTPS_PROXY: proxy }, undefined],
    ["this machine in IPv6", "http://[::1]:8080/", { HTTP_PROXY: proxy }, undefined],
  ])("with %s", (_title, url, env, expected) => {
    expect(proxyFor(new URL(url), env)).toBe(expected);
  });

  it.each<[string, string, boolean]>([
    ["*", api, false],
    ["outscale.com", api, false],
    [".outscale.com", api, false],
    ["*.outscale.com", api, false],
    ["example.com, API.eu-west-2.outscale.com", api, false],
    ["tscale.com", api, true],
    ["outscale.com:443", api, false],
    ["outscale.com:8443", api, true],
    [".outscale.com", "https://outscale.com/", true],
    ["10.0.0.0/8", "https://10.1.2.3/", false],
    ["10.0.0.0/8", "https://11.1.2.3/", true],
    ["10.0.0.0/99", "https://10.1.2.3/", true],
    ["fd00::/8", "https://[fd00::1]/", false],
    ["10.1.2.3", "https://10.1.2.3/", false],
  ])("with NO_PROXY=%s for %s", (exceptions, url, isProxied) => {
    const found = proxyFor(new URL(url), { HTTPS_PROXY: proxy, NO_PROXY: exceptions });
    expect(found).toBe(isProxied ? proxy : undefined);
  });

  it("refuses what is no URL, without showing it", () => {
    const refused = () => proxyFor(new URL(api), { HTTPS_PROXY: "http://user:p@ss@:x" });
    expect(refused).toThrow("HTTPS_PROXY: is not a URL (write http://HOST:PORT)");
    const unreadable = () => proxyFor(new URL(api), { HTTPS_PROXY: "http://user:50%off@proxy:1" });
    expect(unreadable).toThrow("HTTPS_PROXY: is not a URL");
    const unknown = () => proxyFor(new URL(api), { HTTPS_PROXY: "ftp://proxy:21" });
    expect(unknown).toThrow("HTTPS_PROXY: is not a URL (write http://HOST:PORT)");
  });
});
