import type { FleetQueue } from "./fleet-queue.ts";

/** A worker of which nothing was heard for so long is forgotten: it was taken away, or has a new id. */
const FORGOTTEN_AFTER_SECONDS = 24 * 3_600;
/** Time in which nobody is heard does not count: it says nothing of one of them, and neither does a clock that is put forward. */
const LONGEST_STEP_SECONDS = 60;
/** How many are forgotten at once: Redis serves nobody else meanwhile. */
const MOST_AT_ONCE = 100;

/**
 * What a worker says of itself is kept with the time at which it was heard, by a clock that is Redis's alone: those of the
 * workers may differ. It counts the seconds in which workers are heard, so one that speaks is never among the old.
 *
 * Those that an earlier version has left have no time yet; theirs begins now.
 */
const HEAR = `
local time = tonumber(redis.call("TIME")[1])
local last = tonumber(redis.call("HGET", KEYS[3], "last") or time)
local clock = tonumber(redis.call("HGET", KEYS[3], "clock") or "0") + math.max(0, math.min(time - last, tonumber(ARGV[3])))
redis.call("HSET", KEYS[3], "last", time, "clock", clock)
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
redis.call("ZADD", KEYS[2], clock, ARGV[1])
if redis.call("HLEN", KEYS[1]) > redis.call("ZCARD", KEYS[2]) then
  for _, id in ipairs(redis.call("HKEYS", KEYS[1])) do redis.call("ZADD", KEYS[2], "NX", clock, id) end
end
for _, id in ipairs(redis.call("ZRANGEBYSCORE", KEYS[2], "-inf", "(" .. (clock - tonumber(ARGV[4])), "LIMIT", 0, ARGV[5])) do
  redis.call("HDEL", KEYS[1], id)
  redis.call("ZREM", KEYS[2], id)
end`;

function keysOf(queue: FleetQueue): readonly string[] {
  return ["workers", "workers-heard", "workers-clock"].map((kind) => queue.keyOf(kind));
}

/** A worker tells of itself; those that have been silent for too long are forgotten. @param sealed See `WorkerMessage` */
export async function hearWorker(
  queue: FleetQueue,
  id: string,
  sealed: string,
  forgottenAfterSeconds = FORGOTTEN_AFTER_SECONDS,
): Promise<void> {
  const limits = [LONGEST_STEP_SECONDS, forgottenAfterSeconds, MOST_AT_ONCE];
  const keys = keysOf(queue);
  await queue.redis.eval(HEAR, keys.length, ...keys, id, sealed, ...limits);
}

/** A worker has ended. */
export async function forgetWorker(queue: FleetQueue, id: string): Promise<void> {
  await queue.redis.hdel(queue.keyOf("workers"), id);
  await queue.redis.zrem(queue.keyOf("workers-heard"), id);
}
