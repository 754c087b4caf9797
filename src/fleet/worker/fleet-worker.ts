import { Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Ui } from "../../builder/ui.ts";
import { systemClock } from "../../common/clock.ts";
import { FleetError, messageOf } from "../../common/errors.ts";
import { version } from "../../common/version.ts";
import type { MakeTemporaryFolder } from "../../host/temporary-folder.ts";
import type { BundleBucket } from "../objects/bundle-bucket.ts";
import type { Control, FleetQueue, JobData } from "../queue/fleet-queue.ts";
import type { WorkerMessage } from "../queue/messages.ts";
import { Patience } from "../queue/patience.ts";
import { KEY_PREFIX } from "../queue/place.ts";
import { isPassingRefusal } from "../queue/refusal-error.ts";
import { forgetWorker, hearWorker } from "../queue/worker-list.ts";
import { scheduleOf } from "../schedule/schedule.ts";
import type { BuilderAccount } from "./builder-account.ts";
import { Controls } from "./controls.ts";
import { HOLD_MS, isNews } from "./engine-trouble.ts";
import { Firings } from "./firings.ts";
import type { Identity } from "./identity.ts";
import type { HeldJobs } from "./job-files.ts";
import type { StartJob } from "./job-process.ts";
import type { Recovery } from "./recovery.ts";
import { returnOwnJobs } from "./return-own-jobs.ts";
import type { DeadRuns, WorkerInput } from "./run-worker.ts";
import { TakenJobs } from "./taken-jobs.ts";
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

/** The life of a worker: it takes jobs, one per slot, tells that it is there, does what submitters wish, and ends. */
export class FleetWorker {
  readonly #input: FleetWorkerInput;
  readonly #queue: FleetQueue;
  readonly #ui: Ui;
  readonly #controls: Controls;
  readonly #firings: Firings;
  readonly #trimming: Trimming;
  readonly #taken: TakenJobs;
  readonly #patience: Patience;
  readonly #startedAt = Date.now();
  readonly #drained = new AbortController();

  constructor(input: FleetWorkerInput) {
    this.#input = input;
    this.#queue = input.queue;
    this.#ui = input.ui;
    this.#controls = new Controls(input.queue, (error) => this.#ui.warn(messageOf(error)));
    this.#patience = new Patience({
      clock: systemClock,
      onRefused: (error) => this.#ui.warn(`${messageOf(error)}; what builds have to tell waits until it takes that`),
      onTaken: () => this.#ui.say("The queue takes again what builds have to tell"),
    });
    const common = { ...input, controls: this.#controls, patience: this.#patience };
    this.#firings = new Firings(common);
    this.#trimming = new Trimming(input);
    this.#taken = new TakenJobs({ ...common, onChange: () => this.#tellOfUs() });
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

  /** @returns true when the worker is to end and the queue is out of reach, or refuses; false when it has ended otherwise */
  async #endsAlone(over: AbortSignal): Promise<boolean> {
    await fired(AbortSignal.any([this.#input.drain, this.#drained.signal, over]));
    return untilGivenUp({
      isReached: () => this.#queue.redis.status === "ready" && !this.#patience.isNeeded,
      isAtWork: () => this.#taken.isAtWork,
      isWorthWaiting: () => this.#taken.claimed.length > 0 && !this.#input.stop.aborted,
      ...{ clock: systemClock, signal: over },
    });
  }

  #tellNobody(): void {
    const builds = this.#taken.claimed;
    const isRefused = this.#queue.redis.status === "ready" && this.#patience.isNeeded;
    const lost = isRefused ? "The queue refuses to know more" : "The queue cannot be reached";
    if (builds.length === 0) {
      this.#ui.warn(
        `${lost}, so it was not told that the worker ${this.#input.identity.id} ends; it will notice by itself`,
      );
      return;
    }
    const which = builds.length === 1 ? `the build ${builds[0]}` : `the builds ${builds.join(", ")}`;
    throw new FleetError(`${lost}, so it was not told what became of ${which}`, {
      hint: `start the worker again when the queue ${isRefused ? "takes more" : "can be reached"}: it reports its builds, and gives back those that were not done`,
    });
  }

  async #work(blocking: Redis): Promise<void> {
    const { identity, slots, drain, stop, deadRuns, jobs, account } = this.#input;
    await this.#queue.enlist();
    const { accountId } = account;
    const found = { jobs, products: deadRuns.products, later: deadRuns.later };
    const returning = { queue: this.#queue, workerId: identity.id, accountId, seen: this.#taken.seen, ...found };
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
    stop.addEventListener("abort", () => this.#taken.handBackAll(), { once: true });
    try {
      await fired(AbortSignal.any([drain, this.#drained.signal]));
      this.#drained.abort();
      const count = this.#taken.running.length;
      this.#ui.say(
        count === 0
          ? "The worker ends"
          : `The worker ends when its ${count === 1 ? "build is" : `${count} builds are`} done`,
      );
      await this.#tellOfUs();
      await this.#closeEngine(worker);
    } finally {
      clearInterval(heartbeat);
      ended.abort();
      blocking.disconnect();
      await listening;
      await looking;
      await trimming;
      await forgetWorker(this.#queue, identity.id).catch((error: unknown) => {
        if (!isPassingRefusal(error)) throw error;
        this.#ui.warn(`${messageOf(error)}: it will notice by itself that this worker has gone`);
      });
    }
  }

  /** BullMQ may wait for ever for a connection of its own that is not there: once no job is ours, nothing depends on that. */
  async #closeEngine(worker: Worker<JobData, string>): Promise<void> {
    const over = new AbortController();
    const closing = worker.close().finally(() => over.abort());
    const isAtWork = () => this.#taken.claimed.length > 0;
    const rest = { isReached: () => false, isWorthWaiting: () => false, clock: systemClock, signal: over.signal };
    await Promise.race([closing, untilGivenUp({ isAtWork, ...rest })]);
  }

  /** Until the worker ends: somebody has to see that another one is gone. */
  async #lookAfterOthers(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await systemClock.sleep(LOOK_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.#input.recovery.look(signal).catch((error: unknown) => {
        this.#ui.warn(`It cannot be seen whether the other workers are there: ${messageOf(error)}`);
      });
    }
  }

  #startTaking(): Worker<JobData, string> {
    const worker = new Worker<JobData, string>(
      this.#queue.name,
      (job, token) => (Firings.isOne(job) ? this.#firings.fire(job, token ?? "") : this.#taken.take(job, token ?? "")),
      {
        connection: this.#queue.redis,
        prefix: KEY_PREFIX,
        concurrency: this.#input.slots,
        lockDuration: HOLD_MS,
        // A job that nobody renews may still be baked: only who has proof of its end may have it taken again.
        skipStalledCheck: true,
      },
    );
    worker.on("lockRenewalFailed", (ids) => void this.#taken.holdAgain(ids));
    worker.on("error", (error) => {
      // It has told us the same.
      if (this.#patience.isNeeded && isPassingRefusal(error)) return;
      // While the connection is lost there is no other news, and that is told by whoever has opened it.
      if (isNews(error) && this.#queue.redis.status === "ready") this.#ui.warn(`BullMQ: ${messageOf(error)}`);
    });
    return worker;
  }

  #obey(control: Control): void {
    const { subject, wish, generation = 0 } = control;
    this.#taken.obey(control);
    if (wish === "drain" && subject === this.#input.identity.id) this.#drained.abort();
    if (wish === "forget") void this.#firings.forget(scheduleOf(subject), generation);
  }

  async #tellOfUs(): Promise<void> {
    const { identity, host, account, label, slots } = this.#input;
    const message: WorkerMessage = {
      ...{ id: identity.id, host, version, accountId: account.accountId, region: account.region },
      ...{ vmId: account.vmId ?? null, label: label ?? null, slots, startedAt: this.#startedAt },
      isDraining: this.#drained.signal.aborted,
      jobs: [...this.#taken.running],
    };
    const sealed = this.#queue.seal(JSON.stringify(message), "worker", identity.id);
    await hearWorker(this.#queue, identity.id, sealed).catch((error: unknown) => {
      this.#ui.warn(`The queue could not be told that this worker is alive: ${messageOf(error)}`);
    });
  }
}

function fired(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
