import { join } from "node:path";
import { DelayedError, type Job, UnrecoverableError, WaitingError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Ui } from "../../builder/ui.ts";
import { systemClock } from "../../common/clock.ts";
import { FleetError, messageOf } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";
import { version } from "../../common/version.ts";
import type { MakeTemporaryFolder } from "../../host/temporary-folder.ts";
import type { BundleBucket } from "../objects/bundle-bucket.ts";
import { beginAttempt } from "../queue/attempts.ts";
import type { Control, FleetQueue, JobData } from "../queue/fleet-queue.ts";
import type { JobMessage, WorkerMessage } from "../queue/messages.ts";
import { KEY_PREFIX } from "../queue/place.ts";
import { beginTurn } from "../queue/turns.ts";
import { forgetWorker, hearWorker } from "../queue/worker-list.ts";
import { scheduleOf } from "../schedule/schedule.ts";
import { SeenJobs } from "../seal/seen-jobs.ts";
import type { BuilderAccount } from "./builder-account.ts";
import { Claim } from "./claim.ts";
import { Controls } from "./controls.ts";
import { HOLD_MS, isNews } from "./engine-trouble.ts";
import { Firings } from "./firings.ts";
import type { Identity } from "./identity.ts";
import type { HeldJobs, JobFiles } from "./job-files.ts";
import type { StartJob } from "./job-process.ts";
import { type JobEnd, JobRun } from "./job-run.ts";
import type { Recovery } from "./recovery.ts";
import { returnOwnJobs } from "./return-own-jobs.ts";
import type { DeadRuns, WorkerInput } from "./run-worker.ts";
import { Trimming } from "./trimming.ts";
import { untilGivenUp } from "./until-given-up.ts";

const HEARTBEAT_MS = 10_000;
/** How often a worker looks after the jobs of others. */
const LOOK_MS = 10_000;

export interface FleetWorkerInput extends WorkerInput {
  readonly queue: FleetQueue;
  readonly identity: Identity;
  readonly jobs: HeldJobs;
  readonly account: BuilderAccount;
  readonly host: string;
  /** This worker's own, from before. */
  readonly deadRuns: DeadRuns;
  /** Looks after the jobs of other workers. */
  readonly recovery: Pick<Recovery, "look">;
  /** Through which large files come. */
  readonly bucket: Pick<BundleBucket, "storage">;
  readonly cleanUp: () => Promise<DeadRuns>;
  /** For the files of one build. */
  readonly makeFolder: MakeTemporaryFolder;
  readonly startJob: StartJob;
}

/** Takes jobs of its queue, one per slot, tells that it is there, and listens to what submitters wish. */
export class FleetWorker {
  readonly #input: FleetWorkerInput;
  readonly #queue: FleetQueue;
  readonly #ui: Ui;
  readonly #seen: SeenJobs;
  readonly #controls: Controls;
  readonly #firings: Firings;
  readonly #trimming: Trimming;
  readonly #runs = new Map<string, JobRun>();
  /** The jobs whose claim is ours. */
  readonly #claimed = new Map<string, { readonly claim: Claim; readonly token: string }>();
  readonly #startedAt = Date.now();
  readonly #drained = new AbortController();

  constructor(input: FleetWorkerInput) {
    this.#input = input;
    this.#queue = input.queue;
    this.#ui = input.ui;
    this.#seen = new SeenJobs(join(input.identity.folder, "seen"), Date.now);
    this.#controls = new Controls(input.queue, (error) => this.#ui.warn(messageOf(error)));
    this.#firings = new Firings({ ...input, controls: this.#controls });
    this.#trimming = new Trimming(input);
  }

  /** @throws {FleetError} when it ends, and the queue does not know what became of its builds */
  async run(blocking: Redis): Promise<void> {
    const over = new AbortController();
    const work = this.#work(blocking).finally(() => over.abort());
    const isGivenUp = this.#endsAlone(over.signal);
    if (!(await Promise.race([work.then(() => false), isGivenUp]))) return work;
    // It waits for a queue that does not answer, and nobody for it.
    work.catch(() => undefined);
    this.#tellNobody();
  }

  /** @returns true when the worker is to end and the queue is out of reach; false when it has ended otherwise */
  async #endsAlone(over: AbortSignal): Promise<boolean> {
    await fired(AbortSignal.any([this.#input.drain, this.#drained.signal, over]));
    return untilGivenUp({
      isReached: () => this.#queue.redis.status === "ready",
      isAtWork: () => [...this.#runs.values()].some(({ isAtWork }) => isAtWork),
      isWorthWaiting: () => this.#claimed.size > 0 && !this.#input.stop.aborted,
      ...{ clock: systemClock, signal: over },
    });
  }

  #tellNobody(): void {
    const builds = [...this.#claimed.keys()];
    const lost = "The queue cannot be reached";
    if (builds.length === 0) {
      this.#ui.warn(
        `${lost}, so it was not told that the worker ${this.#input.identity.id} ends; it will notice by itself`,
      );
      return;
    }
    const which = builds.length === 1 ? `the build ${builds[0]}` : `the builds ${builds.join(", ")}`;
    throw new FleetError(`${lost}, so it was not told what became of ${which}`, {
      hint: "start the worker again when the queue can be reached: it reports its builds, and gives back those that were not done",
    });
  }

  async #work(blocking: Redis): Promise<void> {
    const { identity, slots, drain, stop, deadRuns, jobs, account } = this.#input;
    await this.#queue.enlist();
    const { products } = deadRuns;
    const { accountId } = account;
    const returning = { queue: this.#queue, workerId: identity.id, accountId, seen: this.#seen, jobs, products };
    if (deadRuns.isClean) await returnOwnJobs(returning, (message) => this.#ui.say(message));
    await this.#tellOfUs();
    const heartbeat = setInterval(() => void this.#tellOfUs(), HEARTBEAT_MS);
    const ended = new AbortController();
    await this.#controls.catchUp();
    const listening = this.#controls.listen(blocking, (control) => this.#obey(control), ended.signal);
    const looking = this.#lookAfterOthers(ended.signal);
    const trimming = this.#trimming.run(ended.signal);
    const worker = this.#startTaking();
    this.#ui.say(`The worker ${identity.id} bakes for ${this.#queue.name}, ${slots} at a time`);
    stop.addEventListener("abort", () => this.#handBackAll(), { once: true });
    try {
      await fired(AbortSignal.any([drain, this.#drained.signal]));
      this.#drained.abort();
      const count = this.#runs.size;
      this.#ui.say(
        count === 0
          ? "The worker ends"
          : `The worker ends when its ${count === 1 ? "build is" : `${count} builds are`} done`,
      );
      await this.#tellOfUs();
      await worker.close();
    } finally {
      clearInterval(heartbeat);
      ended.abort();
      blocking.disconnect();
      await listening;
      await looking;
      await trimming;
      await forgetWorker(this.#queue, identity.id);
    }
  }

  /** Until the worker ends: somebody has to see that another one is gone. */
  async #lookAfterOthers(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await systemClock.sleep(LOOK_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.#input.recovery.look().catch((error: unknown) => {
        this.#ui.warn(`It cannot be seen whether the other workers are there: ${messageOf(error)}`);
      });
    }
  }

  #startTaking(): Worker<JobData, string> {
    const worker = new Worker<JobData, string>(
      this.#queue.name,
      (job, token) => (Firings.isOne(job) ? this.#firings.fire(job) : this.#take(job, token ?? "")),
      {
        connection: this.#queue.redis,
        prefix: KEY_PREFIX,
        concurrency: this.#input.slots,
        lockDuration: HOLD_MS,
        // A job that nobody renews may still be baked: only who has proof of its end may have it taken again.
        skipStalledCheck: true,
      },
    );
    worker.on("lockRenewalFailed", (ids) => void this.#holdAgain(ids));
    worker.on("error", (error) => {
      // While the connection is lost there is no other news, and that is told by whoever has opened it.
      if (isNews(error) && this.#queue.redis.status === "ready") this.#ui.warn(`BullMQ: ${messageOf(error)}`);
    });
    return worker;
  }

  /** What BullMQ calls for each job. What it throws is shown by its tools, so it has no words of the build in it. */
  async #take(bullJob: Job<JobData, string>, token: string): Promise<string> {
    const id = bullJob.id ?? "";
    const { job: opened, sealedAt } = this.#open(id, bullJob.data);
    await beginTurn(this.#queue, bullJob.priority);
    const claim = await Claim.take(this.#queue, id, {
      worker: this.#input.identity.id,
      vmId: this.#input.account.vmId ?? null,
    });
    if (claim === undefined) throw new UnrecoverableError("another worker has this job");
    this.#claimed.set(id, { claim, token });
    let end: JobEnd;
    try {
      await this.#accept(id, sealedAt);
      const files = await this.#input.jobs.begin(id);
      end = await this.#bake(opened, claim, files);
      await files.remove();
    } finally {
      this.#runs.delete(id);
      // The engine is told after this, and nobody else may take the job before.
      await claim.holdInEngine(token, HOLD_MS);
      await claim.release();
      this.#claimed.delete(id);
      await this.#tellOfUs();
    }
    if ("againAfterMs" in end) {
      this.#seen.giveBack(id);
      return giveBack(bullJob, token, end.againAfterMs);
    }
    const { outcome, error } = end.result;
    if ("isLost" in end) {
      this.#ui.warn(
        `Build ${id} of ${opened.build} is not this worker's any more: what it had made here ends as ${outcome}`,
      );
      throw new UnrecoverableError("the job was given to another worker");
    }
    this.#ui.say(`Build ${id} of ${opened.build}: ${outcome}`);
    if (outcome === "done") return outcome;
    throw new UnrecoverableError(`${outcome}: ${error?.code ?? "E_BUG"}`);
  }

  async #holdAgain(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const { claim, token } = this.#claimed.get(id) ?? {};
      // It is tried again when it is to be renewed the next time, and at the end.
      if (claim !== undefined) await claim.holdInEngine(token ?? "", HOLD_MS).catch(() => undefined);
    }
  }

  /** @throws {UnrecoverableError} when it is no job for us */
  #open(id: string, data: unknown): { readonly job: JobMessage; readonly sealedAt: number } {
    return this.#orRefuse(() => {
      const { job, sealedAt } = this.#queue.readJob(id, data);
      const { accountId, region } = this.#input.account;
      if (job.accountId !== accountId || job.region !== region)
        throw new FleetError(`The job ${id} is for another account`);
      return { job, sealedAt };
    });
  }

  /** A job is taken once: also when somebody plays it again. @throws {UnrecoverableError} */
  async #accept(id: string, sealedAt: number): Promise<void> {
    const result = await this.#queue.readResult(id);
    this.#orRefuse(() => {
      if (result !== undefined) throw new FleetError(`The job ${id} is refused: it has ended before`);
      this.#seen.take(id, sealedAt);
    });
  }

  #orRefuse<Value>(check: () => Value): Value {
    try {
      return check();
    } catch (error) {
      this.#ui.error(messageOf(error));
      throw new UnrecoverableError(`refused: ${secrets.mask(messageOf(error))}`);
    }
  }

  async #bake(job: JobMessage, claim: Claim, files: JobFiles): Promise<JobEnd> {
    const { identity, host, env, localCloud, cleanUp, makeFolder, ui, account, startJob } = this.#input;
    const { limitBytes, bucketLimitBytes, bucket } = this.#input;
    ui.say(`Build ${job.id} of ${job.build}, from ${job.submitter}`);
    const attempt = await beginAttempt(this.#queue, job.id);
    const run = new JobRun({
      ...{ queue: this.#queue, job, claim, attempt, files, host, env, localCloud, cleanUp, makeFolder, startJob },
      ...{ limitBytes, bucketLimitBytes, bucket },
      workerId: identity.id,
      vmId: account.vmId ?? null,
      onTrouble: (message) => ui.warn(message),
    });
    this.#runs.set(job.id, run);
    for (const control of this.#controls.of(job.id)) this.#obey(control);
    if (this.#input.stop.aborted) run.handBack();
    void this.#tellOfUs();
    return run.run();
  }

  #obey({ subject, wish, generation = 0 }: Control): void {
    if (wish === "drain" && subject === this.#input.identity.id) this.#drained.abort();
    if (wish === "cancel") this.#runs.get(subject)?.cancel();
    if (wish === "hurry") this.#runs.get(subject)?.hurry();
    if (wish === "forget") void this.#firings.forget(scheduleOf(subject), generation);
  }

  #handBackAll(): void {
    for (const run of this.#runs.values()) run.handBack();
  }

  async #tellOfUs(): Promise<void> {
    const { identity, host, account, label, slots } = this.#input;
    const message: WorkerMessage = {
      ...{ id: identity.id, host, version, accountId: account.accountId, region: account.region },
      ...{ vmId: account.vmId ?? null, label: label ?? null, slots, startedAt: this.#startedAt },
      isDraining: this.#drained.signal.aborted,
      jobs: [...this.#runs.keys()],
    };
    const sealed = this.#queue.seal(JSON.stringify(message), "worker", identity.id);
    await hearWorker(this.#queue, identity.id, sealed).catch((error: unknown) => {
      this.#ui.warn(`The queue could not be told that this worker is alive: ${messageOf(error)}`);
    });
  }
}

/** Somebody may have it again, after a pause. */
async function giveBack(job: Job, token: string, pauseMs: number): Promise<never> {
  if (pauseMs > 0) {
    await job.moveToDelayed(Date.now() + pauseMs, token);
    throw new DelayedError();
  }
  await job.moveToWait(token);
  throw new WaitingError();
}

function fired(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
