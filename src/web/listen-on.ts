import { isIP } from "node:net";
import { UsageError } from "../common/errors.ts";

/** Where pages are served: a TCP address of this machine, or a Unix socket that its owner alone may use. */
export type ListenOn = { readonly host: string; readonly port: number } | { readonly path: string };

const MOST_PORT = 65_535;

/**
 * Reads `127.0.0.1:8443`, `[::1]:8443`, `localhost:8443` or `unix:/PATH`.
 * @throws {UsageError} when it is none of these: no name, as it may mean another machine tomorrow
 */
export function parseListenOn(text: string): ListenOn {
  if (text.startsWith("unix:/")) return { path: text.slice("unix:".length) };
  const [, bracketed, plain = "", digits = ""] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? (plain === "localhost" ? "127.0.0.1" : plain);
  const port = Number(digits);
  if (isIP(host) !== 0 && digits !== "" && port <= MOST_PORT) return { host, port };
  throw new UsageError(`-listen must be an IP address with a port, or unix:/PATH, not "${text}"`, {
    hint: "127.0.0.1:8443, [::1]:8443; the port 0 takes any free one",
  });
}

/** Whether only programs on this machine can connect. */
export function isLocal(on: ListenOn): boolean {
  return "path" in on || on.host === "::1" || /^127\./.test(on.host);
}

/** The address of a TCP server, as a browser has it. */
export function urlOf({ host, port }: { readonly host: string; readonly port: number }, isTls: boolean): string {
  const everywhere: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };
  const name = everywhere[host] ?? host;
  return `${isTls ? "https" : "http"}://${name.includes(":") ? `[${name}]` : name}:${port}`;
}
