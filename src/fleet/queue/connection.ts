import { readFileSync } from "node:fs";
import { Redis, type RedisOptions } from "ioredis";
import { FleetError, messageOf, UsageError } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";

export const QUEUE_VARIABLE = "OUTSCALE_CHROOT_QUEUE";
const PASSWORD_VARIABLE = "OUTSCALE_CHROOT_QUEUE_PASSWORD";
const CA_VARIABLE = "OUTSCALE_CHROOT_QUEUE_CA";

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
  if (url === undefined || !(isTls || url.protocol === "redis:") || !/^\/?\d*$/.test(url.pathname)) {
    throw new UsageError(`"${secrets.mask(text)}" is no queue`, {
      hint: "redis://HOST:PORT, rediss://USER@HOST:PORT/DB for TLS, or unix:/PATH",
    });
  }
  const { hostname: host, port, username, password, pathname } = url;
  secrets.add(decodeURIComponent(password));
  return {
    options: {
      host: host.replace(/^\[|\]$/g, ""),
      port: Number(port || 6379),
      db: Number(pathname.slice(1) || 0),
      ...(username && { username: decodeURIComponent(username) }),
      ...passwordOf(decodeURIComponent(password), env),
      ...(isTls && { tls: { servername: host, ...authorityOf(env) } }),
    },
    shown: `${url.protocol}//${host}:${port || 6379}`,
  };
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

/** What it takes before a lost connection is tried again: soon at first, then every other second. */
const LONGEST_PAUSE_MS = 2_000;
const CONNECT_MS = 10_000;
/**
 * Whoever waits for an answer and hears nothing for so long takes the connection for lost, and makes another: when packets
 * vanish on the way, TCP itself says so after a quarter of an hour. Longer than anybody asks Redis to wait.
 */
const SILENCE_MS = 30_000;
/** The same for one on which nobody asks, by probes of the kernel. */
const PROBE_AFTER_MS = 15_000;

/**
 * ioredis tells nobody of the end of a connection that is between two tries when it is to end: who waits for that end, or
 * for an answer, would wait forever. It does end one that was never begun.
 */
class EndingRedis extends Redis {
  override disconnect(reconnect = false): void {
    if (!reconnect && this.status === "reconnecting") this.status = "wait";
    super.disconnect(reconnect);
  }

  /** The engine makes its own connections by this. */
  override duplicate(override?: Partial<RedisOptions>): Redis {
    return new EndingRedis({ ...this.options, ...override, replyMapping: "legacy" });
  }
}

/**
 * Connects. A connection that is lost later comes back by itself, and what was asked meanwhile is asked then.
 * @param onTrouble Told when the connection is lost, and when it is there again
 * @throws {FleetError} when the first connection cannot be made
 */
export async function connect(
  address: RedisAddress,
  onTrouble: (message: string) => void = () => undefined,
): Promise<Redis> {
  let isUp = false;
  let failure: unknown;
  const redis = new EndingRedis({
    ...address.options,
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    keepAlive: PROBE_AFTER_MS,
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => (isUp ? Math.min(attempt * 100, LONGEST_PAUSE_MS) : null),
  });
  redis.on("error", (error: unknown) => {
    failure = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    throw new FleetError(`Cannot reach the queue ${address.shown}`, { cause: failure ?? error });
  }
  isUp = true;
  let isLost = false;
  redis.on("reconnecting", () => {
    if (!isLost)
      onTrouble(`The connection to the queue is lost${failure ? `: ${reasonOf(failure)}` : ""}; it is tried again`);
    isLost = true;
  });
  redis.on("ready", () => {
    if (isLost) onTrouble("The connection to the queue is there again");
    isLost = false;
  });
  return redis;
}

function reasonOf(failure: unknown): string {
  const message = messageOf(failure);
  return message.startsWith("Socket timeout") ? `nothing has come from it for ${SILENCE_MS / 1_000} s` : message;
}
