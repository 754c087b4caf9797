import type { Job } from "bullmq";
import { type FoundProduct, foundProduct } from "../../builder/region-copy/missing-copies.ts";
import { RunsOnError } from "../../builder/runs-on-error.ts";
import { takeDownGoneRun } from "../../builder/take-down-gone-run.ts";
import type { Ui } from "../../builder/ui.ts";
import { systemClock } from "../../common/clock.ts";
import { CancelledError, messageOf } from "../../common/errors.ts";
import type { DebugLog } from "../../common/log.ts";
import type { Access } from "../../outscale/access.ts";
import type { Api } from "../../outscale/api.ts";
import { type FleetQueue, type JobData, KEPT_SECONDS } from "../queue/fleet-queue.ts";
import { type FoundJournal, listJournals, readJournals, recordOfCopy, removeJournal } from "../queue/journal-mirror.ts";
import { readableJob } from "../queue/readable-job.ts";
import { sentErrorOf } from "../queue/sent-error.ts";
import type { BuilderAccount } from "./builder-account.ts";
import { Claim, type Holder } from "./claim.ts";
import { endJob, giveBackJob, tellNote } from "./end-job.ts";
import { Firings } from "./firings.ts";
import { productResult } from "./product-result.ts";
import { returnFiring } from "./return-own-jobs.ts";
import { VmFates } from "./vm-fates.ts";

export interface RecoveryInput {
  readonly queue: FleetQueue;
  readonly workerId: string;
  readonly account: BuilderAccount;
  /** Of that account. */
  readonly api: Api;
  readonly access: Access;
  readonly env: NodeJS.ProcessEnv;
  readonly stateFolder: string;
  readonly ui: Ui;
  readonly log: DebugLog;
}

type HolderOnVm = Holder & { readonly vmId: string };

/** Workers tell of themselves every ten seconds. Silence proves nothing: it is where the account is asked. */
const SILENCE_MS = 25_000;
/** One worker at a time takes down what a run has left; should it die, the next one begins after this. */
const HOLD_SECONDS = 60;
/** What cannot be taken down now may be later; at last the build ends and names it. */
const MOST_TRIES = 5;

/**
 * Looks after the jobs of other workers. One whose VM is gone for good, as the account proves, has left what the copy of its
 * journal names: that is taken down here, and then the job is anybody's. Nothing is done about a VM that may be alive.
 */
export class Recovery {
  readonly #input: RecoveryInput;
  readonly #fates: VmFates;
  readonly #tries = new Map<string, number>();
  readonly #told = new Set<string>();
  /** The leftovers of which something runs on, which was told. */
  readonly #runningOn = new Set<string>();
  /** When VMs were known to be gone: nothing of theirs was made later. */
  readonly #goneAt = new Map<string, number>();

  constructor(input: RecoveryInput) {
    this.#input = input;
    this.#fates = new VmFates(input.api, input.account.vmId, systemClock);
  }

  /**
   * One look at every job.
   * @param signal Ends it: what is under way has a minute, and the rest is for the next look
   */
  async look(signal: AbortSignal): Promise<void> {
    const { queue, workerId } = this.#input;
    const heard = new Set((await queue.readWorkers(Date.now(), SILENCE_MS)).map(({ id }) => id));
    // Their numbers alone: what they are is read of few.
    const ids = await queue.activeJobIds();
    for (const id of ids) {
      if (signal.aborted) return;
      const holder = await Claim.holderOf(queue, id);
      if (holder === undefined || holder?.worker === workerId || heard.has(holder?.worker ?? "")) continue;
      const job = await readableJob(queue, id);
      if (job === undefined) continue;
      if (holder === null) await this.#orphan(job);
      else if (Firings.isOne(job)) await returnFiring(job, queue, holder);
      else await this.#suspect(job, holder, signal);
    }
    const left = (await listJournals(queue)).filter(({ jobId }) => !ids.includes(jobId));
    for (const journal of await readJournals(queue, left)) {
      if (signal.aborted) return;
      if (journal.worker !== workerId && !heard.has(journal.worker)) await this.#leftover(journal, signal);
    }
  }

  /** Nobody's, and the engine's hold on it has run out: its worker died before it had claimed it, or after it was taken away. */
  async #orphan(job: Job<JobData>): Promise<void> {
    const { queue, ui } = this.#input;
    const id = job.id ?? "";
    if (await queue.redis.exists(queue.lockOf(id))) return;
    const result = await queue.readResult(id);
    if (result !== undefined) await endJob(queue, job, result);
    else await giveBackJob(queue, job);
    ui.say(`Build ${id} had no worker: ${result === undefined ? "it begins anew" : `it had ended, ${result.outcome}`}`);
  }

  async #suspect(job: Job<JobData>, holder: Holder, signal: AbortSignal): Promise<void> {
    const id = job.id ?? "";
    const { worker, vmId } = holder;
    if (vmId === null) {
      this.#tellOnce(
        id,
        `The worker ${worker} of build ${id} is silent, and on no VM that the account knows: start it again`,
      );
      return;
    }
    const fate = await this.#fates.of(vmId);
    if (fate === "gone") await this.#alone(id, () => this.#recover(job, { ...holder, vmId }, signal));
    else if (fate === "stopped") await this.#tellStopped(id, { worker, vmId });
  }

  /** @returns whether something has to be looked at again, as it runs on */
  async #recover(job: Job<JobData>, holder: HolderOnVm, signal: AbortSignal): Promise<boolean> {
    const { queue, ui, account } = this.#input;
    const id = job.id ?? "";
    const { worker, vmId } = holder;
    ui.say(`Build ${id}: the VM ${vmId} of its worker ${worker} is gone`);
    const goneAt = this.#goneSince(vmId);
    // Read now that nothing can be added to them any more.
    const runs = (await listJournals(queue)).filter(({ jobId }) => jobId === id);
    const journals = (await readJournals(queue, runs)).filter((journal) => journal.worker === worker);
    const records = new Map(
      journals.map((journal) => [journal, recordOfCopy(journal, account.accountId, goneAt)] as const),
    );
    const mayGoOn = async () => {
      if ((await Claim.holderOf(queue, id))?.sealed !== holder.sealed)
        throw new CancelledError("Another worker is at it");
    };
    let failure: unknown;
    const later = new Set<FoundJournal>();
    for (const [journal, record] of records) {
      const options = { ...this.#input, clock: systemClock, mayGoOn, signal };
      const problem = await takeDownGoneRun(record, options).catch((error: unknown) => error);
      if (problem instanceof CancelledError) return false;
      if (problem instanceof RunsOnError) {
        later.add(journal);
        this.#runningOn.add(nameOf(journal));
      } else failure ??= problem;
    }
    const published = [...records.values()].find(({ product }) => product !== undefined);
    const found = published && foundProduct(published);
    const told = await queue.readResult(id);
    if (failure !== undefined && told === undefined && this.#isTriedAgain(id)) return false;
    const made =
      found && productResult(queue.readJob(id, job.data).job, { worker, runId: published.header.runId, found });
    const result = told ?? made ?? (failure === undefined ? undefined : failedResult(worker, failure));
    // Before the claim goes: without one, and without a result, the job would be anybody's.
    if (result !== undefined && told === undefined) await queue.keepResult(id, result);
    if (!(await Claim.takeAway(queue, id, holder))) return false;
    const gone = `The VM ${vmId} of the worker ${worker} is gone, and perhaps the last of its output`;
    const rest = later.size > 0 ? ", but for what an export still writes, which goes when it has ended" : "";
    if (result === undefined) {
      await tellNote(
        queue,
        id,
        `${gone}. What it had made is taken down${rest}, and the build waits for another worker`,
      );
      await giveBackJob(queue, job);
    } else {
      if (told === undefined) await tellNote(queue, id, `${gone}${found === undefined ? "" : tellProduct(found)}`);
      await endJob(queue, job, result);
    }
    for (const journal of journals) if (!later.has(journal)) await removeJournal(queue, journal);
    ui.say(`Build ${id}: what the VM ${vmId} had left is taken down${rest}`);
    return later.size > 0;
  }

  /** A job has ended, and something of it was left on purpose or by failure, on a VM that is gone since. */
  async #leftover(journal: FoundJournal, signal: AbortSignal): Promise<void> {
    const { queue, ui, account } = this.#input;
    const { jobId, vmId } = journal;
    // Gone is gone: what runs on may take hours, and every worker would ask meanwhile.
    if (vmId === null || !(this.#goneAt.has(vmId) || (await this.#fates.of(vmId)) === "gone")) return;
    this.#goneSince(vmId);
    await this.#alone(jobId, async () => {
      // It may have been taken since we have looked which jobs are.
      if ((await Claim.holderOf(queue, jobId))?.worker === journal.worker) return false;
      const key = nameOf(journal);
      const isFirst = !this.#runningOn.has(key);
      if (isFirst) ui.say(`Build ${jobId} has ended, and its VM ${vmId} is gone: what it has left is taken down`);
      try {
        const record = recordOfCopy(journal, account.accountId, this.#goneSince(vmId));
        const options = { ...this.#input, clock: systemClock, mayGoOn: async () => undefined, signal };
        await takeDownGoneRun(record, { ...options, ui: isFirst ? ui : withoutNews(ui) });
      } catch (error) {
        if (error instanceof CancelledError) return false;
        if (error instanceof RunsOnError) {
          this.#runningOn.add(key);
          return true;
        }
        ui.error(messageOf(error));
        if (this.#isTriedAgain(jobId)) return false;
      }
      if (this.#runningOn.delete(key)) ui.say(`Build ${jobId}: what its export had written is deleted`);
      await removeJournal(queue, journal);
      return false;
    });
  }

  #goneSince(vmId: string): number {
    const since = this.#goneAt.get(vmId) ?? systemClock.now();
    this.#goneAt.set(vmId, since);
    return since;
  }

  /**
   * Does something if no other worker is about to.
   * @param work Returns whether it has to be done again: no worker does so for a while then
   */
  async #alone(jobId: string, work: () => Promise<boolean>): Promise<void> {
    const { queue, workerId } = this.#input;
    const key = queue.keyOf("recovery", jobId);
    if ((await queue.redis.set(key, workerId, "EX", HOLD_SECONDS, "NX")) === null) return;
    const renewal = setInterval(
      () => void queue.redis.expire(key, HOLD_SECONDS).catch(() => undefined),
      (HOLD_SECONDS * 1_000) / 3,
    );
    let isLater = false;
    try {
      isLater = await work();
    } finally {
      clearInterval(renewal);
      if (isLater) await queue.redis.expire(key, HOLD_SECONDS);
      else await queue.redis.del(key);
    }
  }

  async #tellStopped(
    jobId: string,
    { worker, vmId }: { readonly worker: string; readonly vmId: string },
  ): Promise<void> {
    const { queue } = this.#input;
    const text = `The VM ${vmId} of the worker ${worker} is stopped. Start it with its worker, and the build begins anew; or terminate it, and another worker takes down what it has made`;
    this.#tellOnce(jobId, `Build ${jobId}: ${text}`);
    const key = queue.keyOf("told", `${jobId}:${vmId}`);
    if ((await queue.redis.set(key, "stopped", "EX", KEPT_SECONDS, "NX")) !== null) await tellNote(queue, jobId, text);
  }

  #tellOnce(jobId: string, text: string): void {
    if (this.#told.has(jobId)) return;
    this.#told.add(jobId);
    this.#input.ui.warn(text);
  }

  #isTriedAgain(jobId: string): boolean {
    const tries = (this.#tries.get(jobId) ?? 0) + 1;
    this.#tries.set(jobId, tries);
    return tries < MOST_TRIES;
  }
}

function tellProduct({ product, missing }: FoundProduct): string {
  const without = missing === undefined ? "" : `, and without a copy in ${missing.regions.join(", ")}`;
  return `. The OMI ${product.imageId} was whole${without}`;
}

function nameOf({ jobId, attempt }: FoundJournal): string {
  return `${jobId}:${attempt}`;
}

/** What was told at the first look. */
function withoutNews(ui: Ui): Ui {
  return {
    say: () => undefined,
    message: () => undefined,
    warn: (message) => ui.warn(message),
    error: (message) => ui.error(message),
    ask: (question, signal) => ui.ask(question, signal),
  };
}

function failedResult(worker: string, failure: unknown) {
  return {
    ...({ outcome: "failed", worker, endedAt: systemClock.now(), error: sentErrorOf(failure) } as const),
    ...{ runId: undefined, artifact: undefined, evidence: undefined, provenance: undefined, record: undefined },
  };
}
