import type { Job } from "bullmq";
import type { FleetQueue, JobData } from "../queue/fleet-queue.ts";
import type { SentResult } from "../queue/messages.ts";
import { OutputWriter, writtenBytes } from "../queue/output-writer.ts";

/** The engine's hold on a job, while somebody moves it who is not its worker. */
const TOKEN = "outscale-chroot";
const HOLD_MS = 60_000;

/** Tells the submitter something of a job whose worker does not run. */
export async function tellNote(queue: FleetQueue, jobId: string, text: string): Promise<void> {
  const bytesBefore = await writtenBytes(queue, jobId);
  const run = { id: jobId, attempt: await queue.countRun(jobId), bytesBefore };
  const output = new OutputWriter(queue, run, () => undefined);
  await output.end({ type: "note", text });
}

/** Ends a job in the place of the worker that had it, which is proven dead: first the result, and then the engine's part. */
export async function endJob(queue: FleetQueue, job: Job<JobData>, result: SentResult): Promise<void> {
  const id = job.id ?? "";
  if ((await queue.readResult(id)) === undefined) await queue.keepResult(id, result);
  const output = new OutputWriter(queue, { id, attempt: await queue.countRun(id) }, () => undefined);
  // A second end is seen by nobody.
  await output.end({ type: "end" });
  await takeOver(queue, id);
  const { outcome, error } = result;
  if (outcome === "done") await job.moveToCompleted(outcome, TOKEN, false);
  else await job.moveToFailed(new Error(`${outcome}: ${error?.code ?? "E_BUG"}`), TOKEN, false);
}

/** Lets a job whose worker is proven dead be taken again, by anybody. */
export async function giveBackJob(queue: FleetQueue, job: Job<JobData>): Promise<void> {
  await takeOver(queue, job.id ?? "");
  await job.moveToWait(TOKEN);
}

/** What the worker held may have a while to go; the worker that had it is gone. */
async function takeOver(queue: FleetQueue, jobId: string): Promise<void> {
  await queue.redis.set(queue.lockOf(jobId), TOKEN, "PX", HOLD_MS);
}
