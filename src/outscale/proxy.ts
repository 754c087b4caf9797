import { BlockList, isIP } from "node:net";
import { ConfigError } from "../common/errors.ts";
import { isProxyAddress, withProxyScheme } from "../common/proxy-address.ts";
import { isOnThisMachine } from "./endpoint.ts";

const PROXY_PROTOCOLS = ["http:", "https:", "socks5:", "socks5h:", "socks:"];

/**
 * The proxy for a URL, from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` in either case, as Go's net/http reads them.
 *
 * This machine is never reached through a proxy, so a local cloud works where a proxy is set for everything.
 * `NO_PROXY` lists host names (which cover their subdomains, and may have a port), addresses, address ranges, or `*`.
 *
 * @returns a URL that undici takes
 * @throws {ConfigError} when the variable holds no URL of a proxy; the value is not shown, as it may hold a password
 */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv): string | undefined {
  const variable = variableOf(url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY", env);
  const proxy = env[variable];
  if (!proxy) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  if (isOnThisMachine({ baseUrl: url.href })) return undefined;
  const exceptions = (env[variableOf("NO_PROXY", env)] ?? "").split(/[\s,]+/).filter(Boolean);
  if (exceptions.some((entry) => isCovered(host, port, entry))) return undefined;
  return readAddress(proxy, variable);
}

/** The one of its two spellings that counts. */
function variableOf(name: string, env: NodeJS.ProcessEnv): string {
  return env[name.toLowerCase()] ? name.toLowerCase() : name;
}

function readAddress(text: string, variable: string): string {
  const address = withProxyScheme(text);
  if (!isProxyAddress(address) || new URL(address).hostname === "") {
    throw new ConfigError([{ option: variable, message: "is not a URL", hint: "write http://HOST:PORT" }]);
  }
  if (!PROXY_PROTOCOLS.includes(new URL(address).protocol)) {
    const hint = "write http://, https:// or socks5://";
    throw new ConfigError([{ option: variable, message: "its scheme is not known", hint }]);
  }
  // With this letter curl leaves names to the proxy, which undici does in any case.
  return address.replace(/^socks5h:/i, "socks5:");
}

function isCovered(host: string, port: string, entry: string): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return isInRange(host, entry);
  if (isIP(entry)) return host === entry;
  const [name = "", onlyPort] = entry.toLowerCase().split(":");
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const domain = name.replace(/^\*?\./, "");
  return host.endsWith(`.${domain}`) || (host === domain && !name.startsWith("."));
}

function isInRange(host: string, range: string): boolean {
  const family = isIP(host);
  const [address = "", prefix = ""] = range.split("/");
  if (family === 0 || isIP(address) !== family || !/^\d{1,3}$/.test(prefix)) return false;
  const bits = Number(prefix);
  if (bits > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const type = family === 4 ? "ipv4" : "ipv6";
  list.addSubnet(address, bits, type);
  return list.check(host, type);
}
