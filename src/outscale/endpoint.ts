import { isIP } from "node:net";
import { ConfigError } from "../common/errors.ts";

/** Where requests go: a base URL, and a Unix socket when it is not reached over TCP. */
export interface Endpoint {
  /** Without a trailing slash; an action's name is appended with one. */
  readonly baseUrl: string;
  readonly socketPath?: string | undefined;
}

const DEFAULT_PATH = "/api/v1";

/** The endpoint of a region (API description, `servers`). */
export function regionEndpoint(region: string): string {
  return `https://api.${region}.outscale.com${DEFAULT_PATH}`;
}

/** The region that a host name of OUTSCALE's own names, in an endpoint as users write it; undefined for every other one. */
export function regionOfEndpoint(endpoint: string): string | undefined {
  return /^(?:https?:\/\/)?api\.([a-z0-9-]+)\.outscale\.com(?:[:/]|$)/i.exec(endpoint)?.[1]?.toLowerCase();
}

/**
 * Reads an endpoint as users write it: a URL with or without `/api/v1`, a host name alone, or `unix:/path/to/socket`.
 *
 * @throws {ConfigError} when it is none of these
 */
export function parseEndpoint(text: string): Endpoint {
  const socketPath = /^unix:(?:\/\/)?(\/.+)$/.exec(text)?.[1];
  if (socketPath) return { baseUrl: `http://localhost${DEFAULT_PATH}`, socketPath };
  const { origin, path } = readUrl(text, { option: "custom_endpoint_oapi", example: "https://HOST/api/v1" });
  return { baseUrl: `${origin}${path || DEFAULT_PATH}` };
}

/** The object storage (OOS) of a region. @see user guide, "About OOS" */
export function regionStorageEndpoint(region: string): string {
  return `https://oos.${region}.outscale.com`;
}

/**
 * Reads the address of an object storage as users write it: a URL, or a host name alone.
 *
 * @returns its base URL, without a trailing slash
 * @throws {ConfigError} when it is none of these
 */
export function parseStorageEndpoint(text: string): string {
  const { origin, path } = readUrl(text, { option: "endpoints.oos", example: "https://HOST" });
  return origin + path;
}

function readUrl(text: string, { option, example }: { option: string; example: string }) {
  const address = /^[a-z]+:\/\//i.test(text) ? text : `https://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url && ["http:", "https:"].includes(url.protocol) && !url.search && !url.hash && !url.username) {
    return { origin: url.origin, path: url.pathname.replace(/\/+$/, "") };
  }
  const or = option === "custom_endpoint_oapi" ? " or unix:/path/to/socket" : "";
  const message = `"${withoutUserInfo(text)}" is not an endpoint`;
  throw new ConfigError([{ option, message, hint: `write ${example}${or}` }]);
}

/** A user and password in front of the host are shown to nobody: they may be meant for something else. */
function withoutUserInfo(text: string): string {
  return text.replace(/^([a-z]+:\/\/)?.*@/is, "$1<sensitive>@");
}

/** Whether an endpoint is on this machine: a local cloud, which no limit and no proxy should stand before. */
export function isOnThisMachine({ baseUrl, socketPath }: Endpoint): boolean {
  if (socketPath !== undefined) return true;
  const host = new URL(baseUrl).hostname;
  return host === "localhost" || host === "[::1]" || (isIP(host) === 4 && host.startsWith("127."));
}
