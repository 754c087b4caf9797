import type { Redis } from "ioredis";
import { FleetError, messageOf } from "../../common/errors.ts";
import { CA_VARIABLE, QUEUE_VARIABLE, type RedisAddress } from "./address.ts";
import { QueueRedis } from "./queue-redis.ts";
import { adviceFor, RefusalError } from "./refusal-error.ts";

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

/** Nothing is there: to delete it shows whether somebody may write, and changes nothing. */
const NOTHING = "outscale-chroot:fleet:nothing";
/** What ioredis takes for an answer to an error. */
const RECONNECT_AND_ASK_AGAIN = 2;
/** What is answered where somebody may read, and not write: a replica, or a user with few rights. */
const READ_ALONE = /^(READONLY|NOPERM) /;
/** What a Redis answers that was a primary, and is a replica since a failover that has left its connections open. */
const DEMOTED = /^(READONLY|UNBLOCKED) /;

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
  /** A replica that never was anything else is one that somebody reads on purpose. */
  let wasPrimary = false;
  let isDemoted = false;
  let failure: unknown;
  const redis = new QueueRedis({
    ...address.options,
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    keepAlive: PROBE_AFTER_MS,
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => (isUp ? Math.min(isDemoted ? Infinity : attempt * 100, LONGEST_PAUSE_MS) : null),
    reconnectOnError: ({ message }) => {
      if (!wasPrimary || !DEMOTED.test(message)) return false;
      isDemoted = true;
      failure = new Error("it has become a replica");
      return RECONNECT_AND_ASK_AGAIN;
    },
  });
  redis.on("error", (error: unknown) => {
    failure = error;
  });
  try {
    await redis.connect();
    await redis.ping();
    // ioredis takes the first one for a database that there is not.
    if (address.options.db) await redis.select(address.options.db);
    wasPrimary = await redis.del(NOTHING).then(
      () => true,
      (error: unknown) => {
        if (error instanceof RefusalError && READ_ALONE.test(error.reason)) return false;
        throw error;
      },
    );
  } catch (error) {
    redis.disconnect();
    throw unreachable(address, failure ?? error);
  }
  isUp = true;
  let isLost = false;
  redis.on("reconnecting", () => {
    if (!isLost)
      onTrouble(`The connection to the queue is lost${failure ? `: ${reasonOf(failure)}` : ""}; it is tried again`);
    isLost = true;
  });
  const tellAgain = () => {
    isDemoted = false;
    if (isLost) onTrouble("The connection to the queue is there again");
    isLost = false;
  };
  let isAsking = false;
  redis.on("ready", () => {
    if (!isDemoted) return tellAgain();
    if (isAsking) return;
    isAsking = true;
    // It is answered by a primary alone; until then it is asked again over each new connection.
    void redis
      .del(NOTHING)
      .then(tellAgain, () => undefined)
      .finally(() => {
        isAsking = false;
      });
  });
  return redis;
}

function unreachable({ shown, options }: RedisAddress, failure: unknown): FleetError {
  const { code = "", message } = failure as NodeJS.ErrnoException;
  if (failure instanceof RefusalError) {
    // What Redis says of it is about its protocol.
    const reason = failure.reason.startsWith("NOAUTH") ? "NOAUTH, it wants a password" : failure.reason;
    const hint = adviceFor(reason) ?? connectionAdvice(reason, false);
    return new FleetError(`Cannot reach the queue ${shown}`, { cause: new Error(reason), hint });
  }
  const hint = connectionAdvice(`${code} ${message}`, options.tls !== undefined);
  return new FleetError(`Cannot reach the queue ${shown}`, { cause: failure, hint });
}

function connectionAdvice(what: string, isTls: boolean): string {
  if (/SELF_SIGNED|CERT|UNABLE_TO/.test(what))
    return `${CA_VARIABLE} names a file with the certificate of its authority`;
  if (isTls && /SSL|ETIMEDOUT|ECONNRESET|EPIPE/.test(what))
    return "see whether a Redis listens there, with TLS: redis:// is without";
  if (/EACCES|EPERM/.test(what)) return "ask for the right to write to that socket";
  if (/DB index/.test(what)) return "the number at the end of the address is that of a database";
  return `see whether a Redis listens there; -queue or ${QUEUE_VARIABLE} names another, with rediss:// for TLS`;
}

function reasonOf(failure: unknown): string {
  const message = messageOf(failure);
  return message.startsWith("Socket timeout") ? `nothing has come from it for ${SILENCE_MS / 1_000} s` : message;
}
