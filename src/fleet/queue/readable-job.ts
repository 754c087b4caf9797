import type { Job } from "bullmq";
import type { FleetQueue, JobData } from "./fleet-queue.ts";

/** What the engine has of a job; undefined when there is none, or whoever owns the Redis has written something else than JSON in its place. */
export async function readableJob(queue: FleetQueue, jobId: string): Promise<Job<JobData> | undefined> {
  return unlessNoJson(() => queue.jobs.getJob(jobId));
}

/** What the engine reads as JSON; undefined when it is none. One such entry must not keep anybody from what else there is. */
export async function unlessNoJson<Value>(read: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
