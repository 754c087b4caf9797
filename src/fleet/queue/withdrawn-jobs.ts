import type { FleetQueue } from "./fleet-queue.ts";
import { KEPT_SECONDS } from "./fleet-queue.ts";
import type { SentResult } from "./messages.ts";
import { OutputWriter } from "./output-writer.ts";
import { readableJob } from "./readable-job.ts";

/** What the engine calls a job that no worker has. */
const WAITING: readonly string[] = ["waiting", "prioritized", "delayed"];

/**
 * Takes back a job that no worker has: it is out of the engine's lists, and is remembered as others that have ended are.
 * @returns whether none had it
 * @throws {RefusalError} when the queue will not take it back
 */
export async function withdrawJob(queue: FleetQueue, jobId: string): Promise<boolean> {
  const job = await readableJob(queue, jobId);
  if (job === undefined || !WAITING.includes(await job.getState())) return false;
  try {
    await job.remove();
  } catch (error) {
    // A worker has taken it just now: it is locked then. Otherwise it waits as it did.
    if (WAITING.includes(await job.getState())) throw error;
    return false;
  }
  // It is gone, whether or not a Redis that is full can remember it.
  await remember(queue, jobId, job.data.sealed).catch(() => undefined);
  return true;
}

async function remember(queue: FleetQueue, jobId: string, sealed: string): Promise<void> {
  const key = queue.keyOf("withdrawn");
  await queue.redis.hset(key, jobId, sealed);
  await queue.redis.expire(key, KEPT_SECONDS);
  await queue.keepResult(jobId, withdrawnResult());
  const output = new OutputWriter(queue, { id: jobId, attempt: await queue.countRun(jobId) }, () => undefined);
  await output.end({ type: "end" });
}

/** The ids of what was taken back last and is not forgotten, newest first. */
export async function listWithdrawn(queue: FleetQueue): Promise<readonly string[]> {
  const [withdrawn, ended] = await Promise.all([
    queue.redis.hkeys(queue.keyOf("withdrawn")),
    queue.redis.zrevrange(queue.keyOf("ended"), 0, -1),
  ]);
  const all = new Set(withdrawn);
  return ended.filter((id) => all.has(id));
}

export async function isWithdrawn(queue: FleetQueue, jobId: string): Promise<boolean> {
  return (await queue.redis.hexists(queue.keyOf("withdrawn"), jobId)) === 1;
}

/** What the engine has of a job, or had of one that was taken back; undefined when nobody knows it. It may be anything. */
export async function readJobData(queue: FleetQueue, jobId: string): Promise<unknown> {
  try {
    const job = await queue.jobs.getJob(jobId);
    if (job !== undefined) return job.data;
  } catch (error) {
    // The engine reads it as JSON, which whoever owns the Redis need not have written.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
  const sealed = await queue.redis.hget(queue.keyOf("withdrawn"), jobId);
  return sealed === null ? undefined : { sealed };
}

function withdrawnResult(): SentResult {
  const error = {
    code: "E_CANCELLED",
    exitCode: 130,
    message: "The build was cancelled while it waited",
    cleanup: [],
  };
  return {
    ...{ outcome: "cancelled", runId: undefined, worker: "", endedAt: Date.now(), error },
    ...{ artifact: undefined, evidence: undefined, provenance: undefined, record: undefined },
  };
}
