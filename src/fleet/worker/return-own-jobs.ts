import type { Job } from "bullmq";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { OutputWriter } from "../queue/output-writer.ts";
import type { SeenJobs } from "../seal/seen-jobs.ts";
import { Claim } from "./claim.ts";
import { Firings } from "./firings.ts";
import type { HeldJobs } from "./job-files.ts";

export interface ReturnInput {
  readonly queue: FleetQueue;
  readonly workerId: string;
  readonly seen: SeenJobs;
  readonly jobs: HeldJobs;
}

/**
 * Ends or gives back the jobs that a worker had when it died. We are that worker, the only one of its id; no process of its
 * builds is left, and neither is anything that they made. So each of these runs is proven dead: one that came to its end
 * without its worker is told of now, and another is run again, by anybody.
 */
export async function returnOwnJobs(input: ReturnInput, say: (message: string) => void): Promise<void> {
  const { queue, workerId, jobs } = input;
  for (const job of await queue.jobs.getActive()) {
    const id = job.id ?? "";
    if ((await Claim.holderOf(queue, id)) !== workerId) continue;
    if (Firings.isOne(job)) await returnFiring(job, queue);
    else await returnJob(id, job.data.sealed, input, say);
  }
  for (const id of jobs.left) jobs.forget(id);
}

/** Its builds have ids that are known, so whoever does it once more submits none twice. */
async function returnFiring(job: Job, queue: FleetQueue): Promise<void> {
  const id = job.id ?? "";
  await queue.redis.del(queue.lockOf(id));
  await job.moveToWait("0");
  await queue.redis.del(queue.keyOf("claim", id));
}

async function returnJob(
  id: string,
  sealed: string,
  { queue, seen, jobs }: ReturnInput,
  say: (message: string) => void,
): Promise<void> {
  const isTold = (await queue.readResult(id)) !== undefined;
  const result = jobs.resultOf(id);
  if (!isTold && result !== undefined) {
    await queue.keepResult(id, result);
    const output = new OutputWriter(queue, { id, attempt: await queue.countRun(id) }, say);
    await output.end({ type: "end" });
    say(`Build ${id} came to its end when this worker was gone: ${result.outcome}`);
  }
  // BullMQ's lock may have a while to go; the process that had it is gone.
  await queue.redis.del(queue.lockOf(id));
  await queue.jobs.remove(id);
  await queue.redis.del(queue.keyOf("claim", id));
  if (isTold || result !== undefined) return;
  seen.giveBack(id);
  await queue.addJob(id, sealed);
  say(`Build ${id} was cut off when this worker ended: it begins anew`);
}
