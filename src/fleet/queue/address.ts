import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { RedisOptions } from "ioredis";
import { messageOf, UsageError } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";

export const QUEUE_VARIABLE = "OUTSCALE_CHROOT_QUEUE";
const PASSWORD_VARIABLE = "OUTSCALE_CHROOT_QUEUE_PASSWORD";
/** Names a file with the certificate of the authority of a Redis with TLS. */
export const CA_VARIABLE = "OUTSCALE_CHROOT_QUEUE_CA";

/** Where a Redis is, and how to get in. */
export interface RedisAddress {
  readonly options: Pick<RedisOptions, "host" | "port" | "db" | "path" | "username" | "password" | "tls">;
  /** For messages: without the password. */
  readonly shown: string;
}

/**
 * Reads `redis://USER@HOST:PORT/DB`, `rediss://` for TLS, or `unix:/PATH`. A password is better in the environment: others
 * on the machine see the arguments of a program.
 * @throws {UsageError} when it is none of these
 */
export function parseAddress(text: string, env: NodeJS.ProcessEnv): RedisAddress {
  if (text.startsWith("unix:/")) {
    const path = text.replace(/^unix:(\/\/)?/, "");
    return { options: { path, ...passwordOf(undefined, env) }, shown: `unix:${path}` };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isTls = url?.protocol === "rediss:";
  if (url === undefined || !(isTls || url.protocol === "redis:") || !isWhole(url)) {
    const hint = text.includes("@") ? `; ${PASSWORD_VARIABLE} takes a password as it is` : "";
    throw new UsageError(`"${withoutPassword(text)}" is no queue`, {
      hint: `redis://HOST:PORT, rediss://USER@HOST:PORT/DB for TLS, or unix:/PATH${hint}`,
    });
  }
  const { port, pathname } = url;
  const [username, password] = [decoded(url.username), decoded(url.password)];
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return {
    options: {
      host,
      port: Number(port || 6379),
      db: Number(pathname.slice(1) || 0),
      ...(username && { username }),
      ...passwordOf(password, env),
      // Only a name can be told to a server that has several.
      ...(isTls && { tls: { ...(isIP(host) === 0 && { servername: host }), ...authorityOf(env) } }),
    },
    shown: `${url.protocol}//${url.hostname}:${port || 6379}`,
  };
}

/** A password with a slash, a question mark or a hash ends the address for who reads it as one. */
function isWhole({ pathname, search, hash }: URL): boolean {
  return /^\/?\d*$/.test(pathname) && search === "" && hash === "";
}

/**
 * What cannot be read, for a message: nobody knows which part of it is the password. It may be all before the last `@`, and
 * what is no port where that would be.
 */
function withoutPassword(text: string): string {
  const [, scheme = "", rest = ""] = /^([a-z]+:\/\/|unix:)?(.*)$/is.exec(text) ?? [];
  const at = rest.lastIndexOf("@");
  const host = rest.slice(at + 1).replace(/[?#].*$/s, "");
  const shown = host.replace(/:(?!\d*(\/\w*)?$)[^\]]*$/s, ":...");
  return secrets.mask(`${scheme}${at === -1 ? "" : "...@"}${shown}`);
}

/** @throws {UsageError} for a percent sign that begins nothing */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UsageError("The user or the password in the address of the queue cannot be read", {
      hint: `a % in it is written %25; ${PASSWORD_VARIABLE} takes a password as it is`,
    });
  }
}

function passwordOf(given: string | undefined, env: NodeJS.ProcessEnv): Pick<RedisOptions, "password"> {
  const password = given || env[PASSWORD_VARIABLE];
  secrets.add(password);
  return password ? { password } : {};
}

function authorityOf(env: NodeJS.ProcessEnv): { readonly ca?: string } {
  const file = env[CA_VARIABLE];
  if (!file) return {};
  try {
    return { ca: readFileSync(file, "utf8") };
  } catch (error) {
    throw new UsageError(`Cannot read the certificate of the queue's authority, ${CA_VARIABLE}: ${messageOf(error)}`);
  }
}
