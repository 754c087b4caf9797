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

  it.each(["socks5h://proxy.example:1080", "SOCKS5H://user:pass@proxy.example:1080"])(
    "reads %s as a SOCKS5 proxy, which always looks names up itself",
    (address) => {
      const found = proxyFor(new URL(api), { HTTPS_PROXY: address });
      expect(found).toBe(address.replace(/^socks5h/i, "socks5"));
    },
  );

  it.each<[string, string, string]>([
    ["HTTPS_PROXY", api, "http://user:p@ss@:x"],
    ["https_proxy", api, "http://user:50%off@proxy:1"],
    ["HTTP_PROXY", "http://api.example/", "http://user:p@ss@:x"],
    ["http_proxy", "http://api.example/", "socks5:///p@ss"],
  ])("names %s when it is no URL, and does not show it", (variable, url, value) => {
    const refused = () => proxyFor(new URL(url), { [variable]: value });
    expect(refused).toThrow(new RegExp(`^${variable}: is not a URL \\(write http://HOST:PORT\\)$`));
  });

  it.each(["ftp://proxy:21", "socks4://proxy:1080"])("says which schemes there are for %s", (value) => {
    const refused = () => proxyFor(new URL(api), { HTTPS_PROXY: value });
    expect(refused).toThrow(/^HTTPS_PROXY: its scheme is not known \(write http:\/\/, https:\/\/ or socks5:\/\/\)$/);
  });
});
