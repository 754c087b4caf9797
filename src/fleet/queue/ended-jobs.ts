import type { FleetQueue } from "./fleet-queue.ts";

interface KeptJobs {
  /** How many. */
  readonly most: number;
  readonly ageMs: number;
}

/** What there is of a job besides the job itself. */
const KINDS = ["output", "result", "runs", "attempts", "begun"] as const;

/** Notes that a job has ended, and forgets everything of those that have ended too long ago, or before too many others. */
export async function noteEnded(queue: FleetQueue, jobId: string, { most, ageMs }: KeptJobs): Promise<void> {
  const key = queue.keyOf("ended");
  const now = Date.now();
  await queue.redis.zadd(key, now, jobId);
  const old = await queue.redis.zrangebyscore(key, "-inf", String(now - ageMs));
  const many = await queue.redis.zrange(key, "0", String(-most - 1));
  for (const id of new Set([...old, ...many])) await forget(queue, id);
}

async function forget(queue: FleetQueue, jobId: string): Promise<void> {
  await queue.redis.del(KINDS.map((kind) => queue.keyOf(kind, jobId)));
  await queue.redis.hdel(queue.keyOf("withdrawn"), jobId);
  // One that is at work is not removed: its end was noted by somebody else, or it was played again.
  await queue.jobs.remove(jobId);
  await queue.redis.zrem(queue.keyOf("ended"), jobId);
}
