import type { Job } from "bullmq";
import { type FoundProduct, foundProduct } from "../../builder/region-copy/missing-copies.ts";
import type { FleetQueue, JobData } from "../queue/fleet-queue.ts";
import { type FoundJournal, listJournals, readJournals, recordOfCopy, removeJournal } from "../queue/journal-mirror.ts";
import type { SentResult } from "../queue/messages.ts";
import { readableJob } from "../queue/readable-job.ts";
import type { SeenJobs } from "../seal/seen-jobs.ts";
import { Claim, type Holder } from "./claim.ts";
import { endJob, giveBackJob } from "./end-job.ts";
import { Firings } from "./firings.ts";
import type { HeldJobs } from "./job-files.ts";
import { productResult } from "./product-result.ts";

export interface ReturnInput {
  readonly queue: FleetQueue;
  readonly workerId: string;
  readonly accountId: string;
  readonly seen: SeenJobs;
  readonly jobs: HeldJobs;
  /** The OMIs of dead runs of ours that were products when they were taken down, by the ids of these runs. */
  readonly products: ReadonlyMap<string, FoundProduct>;
  /** The dead runs of ours of which something runs on: should this VM go before it has ended, others have to know. */
  readonly later: ReadonlySet<string>;
}

/**
 * Ends or gives back the jobs that a worker had when it died. We are that worker, the only one of its id; no process of its
 * builds is left, and neither is anything that they made, but for what runs on. So each of these runs is proven dead: one that
 * came to its end without its worker is told of now, and another is run again, by anybody.
 */
export async function returnOwnJobs(input: ReturnInput, say: (message: string) => void): Promise<void> {
  const { queue, workerId, jobs } = input;
  const all = await readJournals(queue, await listJournals(queue));
  const journals = all.filter(({ worker }) => worker === workerId);
  for (const id of await queue.activeJobIds()) {
    const holder = await Claim.holderOf(queue, id);
    if (holder?.worker !== workerId) continue;
    const job = await readableJob(queue, id);
    if (job === undefined) continue;
    const own = journals.filter(({ jobId }) => jobId === id);
    if (Firings.isOne(job)) await returnFiring(job, queue, holder);
    else await returnJob(job, { ...input, holder, journals: own }, say);
  }
  for (const journal of journals) if (!isLater(journal, input)) await removeJournal(queue, journal);
  for (const id of jobs.left) jobs.forget(id);
}

function isLater(journal: FoundJournal, { accountId, later }: Pick<ReturnInput, "accountId" | "later">): boolean {
  return later.size > 0 && later.has(recordOfCopy(journal, accountId, Date.now()).header.runId);
}

/** Its builds have ids that are known, so whoever does it once more submits none twice. */
export async function returnFiring(job: Job<JobData>, queue: FleetQueue, holder: Holder): Promise<void> {
  if (await Claim.takeAway(queue, job.id ?? "", holder)) await giveBackJob(queue, job);
}

async function returnJob(
  bullJob: Job<JobData>,
  input: ReturnInput & { readonly holder: Holder; readonly journals: readonly FoundJournal[] },
  say: (message: string) => void,
): Promise<void> {
  const { queue, seen, jobs, holder } = input;
  const id = bullJob.id ?? "";
  const told = await queue.readResult(id);
  const result = told ?? jobs.resultOf(id) ?? resultOfProduct(bullJob, input);
  // Before the claim goes: without one it is nobody's, and should we die then, or not be answered, any worker finds it so.
  if (result === undefined) seen.giveBack(id);
  else if (told === undefined) await queue.keepResult(id, result);
  if (!(await Claim.takeAway(queue, id, holder))) return;
  if (result !== undefined) {
    await endJob(queue, bullJob, result);
    say(`Build ${id} came to its end when this worker was gone: ${result.outcome}`);
  } else {
    await giveBackJob(queue, bullJob);
    say(`Build ${id} was cut off when this worker ended: it begins anew`);
  }
}

/** Its process died after the OMI was published, and before it had written its result. */
function resultOfProduct(
  { id = "", data }: Job<JobData>,
  { queue, workerId, accountId, products, journals }: ReturnInput & { readonly journals: readonly FoundJournal[] },
): SentResult | undefined {
  for (const journal of journals) {
    const record = recordOfCopy(journal, accountId, Date.now());
    const { runId } = record.header;
    const found = products.get(runId) ?? foundProduct(record);
    if (found === undefined) continue;
    const { job } = queue.readJob(id, data);
    return productResult(job, { worker: workerId, runId, found });
  }
  return undefined;
}
