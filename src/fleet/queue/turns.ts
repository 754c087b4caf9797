import type { FleetQueue } from "./fleet-queue.ts";

/** Whose a build is, and how soon it is wanted. */
export interface Standing {
  /** A team; builds without one are a group, too. */
  readonly group: string | null;
  readonly priority: Priority;
}

export const priorities = ["high", "normal", "low"] as const;
export type Priority = (typeof priorities)[number];

/** How far apart the turns of a group are: it has four builds of high priority where others have one of normal. */
const STRIDE: Readonly<Record<Priority, number>> = { high: 1, normal: 4, low: 16 };
/** BullMQ knows no larger priority. A queue that has not been empty for so long is served in the order of submission. */
const MOST = 2 ** 21 - 1;
const KEPT_SECONDS = 7 * 24 * 3_600;

/**
 * Start-time fair queueing (Goyal and others, 1996): a group's next build has its turn one stride after that of its build
 * before, or after the turn that is served now if that is later. So groups take turns, and who comes late waits for no
 * more than one round, however many builds others have submitted. When nothing waits, all begins anew.
 */
const TAKE = `
if redis.call("ZCARD", KEYS[2]) == 0 then redis.call("DEL", KEYS[1]) end
local now = tonumber(redis.call("HGET", KEYS[1], "now") or "0")
local last = tonumber(redis.call("HGET", KEYS[1], ARGV[1]) or "0")
local turn = math.min(math.max(now, last) + ARGV[2], ARGV[3])
redis.call("HSET", KEYS[1], ARGV[1], turn)
redis.call("EXPIRE", KEYS[1], ARGV[4])
return turn`;

const BEGIN = `
local now = tonumber(redis.call("HGET", KEYS[1], "now") or "0")
if tonumber(ARGV[1]) > now then redis.call("HSET", KEYS[1], "now", ARGV[1]) end`;

/** The next turn of a group, which nobody else has then: a priority for BullMQ, from 1. */
export async function takeTurn(queue: FleetQueue, { group, priority }: Standing): Promise<number> {
  const flow = `${priority}:${group ?? ""}`;
  const keys = [queue.keyOf("turns"), queue.jobs.toKey("prioritized")];
  return Number(await queue.redis.eval(TAKE, keys.length, ...keys, flow, STRIDE[priority], MOST, KEPT_SECONDS));
}

/** A build has begun: nobody who comes now has a turn before it. */
export async function beginTurn(queue: FleetQueue, turn: number): Promise<void> {
  if (turn > 0) await queue.redis.eval(BEGIN, 1, queue.keyOf("turns"), turn);
}
