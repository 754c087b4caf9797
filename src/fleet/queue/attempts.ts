import { type FleetQueue, KEPT_SECONDS } from "./fleet-queue.ts";
import type { SentResult } from "./messages.ts";

/** Notes a failure if it is not there yet: what is asked again, as its answer was lost, does not count twice. */
const KEEP = `
if redis.call("llen", KEYS[1]) < tonumber(ARGV[1]) then redis.call("rpush", KEYS[1], ARGV[2]) end
redis.call("expire", KEYS[1], ARGV[3])`;

/**
 * Which attempt at a job begins, from 1. An attempt ends with the build or with its failure: when its worker is lost or hands
 * the job back, the next worker has the same one.
 * @param most How many there may be: whoever can write to the queue has no say in that
 */
export async function beginAttempt(queue: FleetQueue, jobId: string, most = Number.MAX_SAFE_INTEGER): Promise<number> {
  const attempt = Math.min((await queue.redis.llen(queue.keyOf("attempts", jobId))) + 1, most);
  const sealed = queue.seal(String(attempt), "record", begunOf(jobId));
  await queue.redis.set(queue.keyOf("begun", jobId), sealed, "EX", KEPT_SECONDS);
  return attempt;
}

/** How many attempts at a job have begun, whatever became of them and of the job. What is not sealed by one of ours is none. */
export async function countAttempts(queue: FleetQueue, jobId: string): Promise<number> {
  const sealed = await queue.redis.get(queue.keyOf("begun", jobId));
  if (sealed === null) return 0;
  try {
    return Number(queue.open(sealed, "record", begunOf(jobId)).content.toString("utf8"));
  } catch {
    return 0;
  }
}

/** An attempt has failed, and there may be another. @param attempt Which one it was, from 1 */
export async function keepFailure(
  queue: FleetQueue,
  jobId: string,
  attempt: number,
  result: SentResult,
): Promise<void> {
  const sealed = queue.seal(JSON.stringify(result), "record", `attempt.${jobId}`, attempt);
  await queue.redis.eval(KEEP, 1, queue.keyOf("attempts", jobId), attempt, sealed, KEPT_SECONDS);
}

function begunOf(jobId: string): string {
  return `begun.${jobId}`;
}
