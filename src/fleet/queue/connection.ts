import type { Redis } from "ioredis";
import { messageOf } from "../../common/errors.ts";
import type { RedisAddress } from "./address.ts";
import { cannotReach } from "./cannot-reach.ts";
import { Failover } from "./failover.ts";
import { QueueRedis } from "./queue-redis.ts";

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

/** What ioredis takes for an answer to an error. */
const RECONNECT_AND_ASK_AGAIN = 2;

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
  const failover = new Failover();
  let failure: unknown;
  const redis = new QueueRedis({
    ...address.options,
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    keepAlive: PROBE_AFTER_MS,
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) =>
      isUp ? Math.min(failover.isDemoted ? Infinity : attempt * 100, LONGEST_PAUSE_MS) : null,
    reconnectOnError: ({ message }) => {
      if (!failover.notice(message)) return false;
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
    await failover.begin(redis);
  } catch (error) {
    redis.disconnect();
    throw cannotReach(address, failure ?? error);
  }
  isUp = true;
  let isLost = false;
  redis.on("reconnecting", () => {
    if (!isLost)
      onTrouble(`The connection to the queue is lost${failure ? `: ${reasonOf(failure)}` : ""}; it is tried again`);
    isLost = true;
  });
  const tellAgain = () => {
    if (isLost) onTrouble("The connection to the queue is there again");
    isLost = false;
  };
  redis.on("ready", () => failover.ask(redis, tellAgain));
  return redis;
}

function reasonOf(failure: unknown): string {
  const message = messageOf(failure);
  return message.startsWith("Socket timeout") ? `nothing has come from it for ${SILENCE_MS / 1_000} s` : message;
}
