import type { Clock } from "../../common/clock.ts";
import { FleetError } from "../../common/errors.ts";
import type { FleetQueue } from "./fleet-queue.ts";
import type { SentResult } from "./messages.ts";
import { readableJob } from "./readable-job.ts";

/** A job that is in no list may just be on its way from one to another. */
const LOST_AFTER_MS = 45_000;

/**
 * The end of a job that somebody follows. It is the last that the job says; but one that was cancelled before a worker had it,
 * or refused, says nothing at all, and of an old one the words may be gone. So whoever hears nothing looks here.
 */
export class AwaitedEnd {
  readonly #queue: FleetQueue;
  readonly #jobId: string;
  readonly #clock: Pick<Clock, "now">;
  #isResultSeen = false;
  #missingSince: number | undefined;

  constructor(queue: FleetQueue, jobId: string, clock: Pick<Clock, "now">) {
    this.#queue = queue;
    this.#jobId = jobId;
    this.#clock = clock;
  }

  /** The job has said something. */
  heard(): void {
    this.#isResultSeen = false;
    this.#missingSince = undefined;
  }

  /**
   * One look, when nothing was said for a while.
   * @returns what became of the job, when it will not say its end any more; undefined while that may come
   * @throws {FleetError} when it comes to no end
   */
  async look(): Promise<SentResult | undefined> {
    const result = await this.#queue.readResult(this.#jobId);
    if (result !== undefined) {
      // The result is kept a moment before the end is said.
      const isOver = this.#isResultSeen;
      this.#isResultSeen = true;
      return isOver ? result : undefined;
    }
    const problem = await this.#problem();
    if (problem === undefined) {
      this.#missingSince = undefined;
      return undefined;
    }
    this.#missingSince ??= this.#clock.now();
    if (this.#clock.now() - this.#missingSince <= LOST_AFTER_MS) return undefined;
    throw problem;
  }

  /** Why no end will come; undefined while one may. */
  async #problem(): Promise<FleetError | undefined> {
    const id = this.#jobId;
    const state = await this.#queue.jobs.getJobState(id);
    const isEnded = state === "failed" || state === "completed";
    if (!isEnded && state !== "unknown") return undefined;
    const workers = await this.#queue.readWorkers(Date.now());
    if (workers.some(({ jobs }) => jobs.includes(id))) return undefined;
    if (isEnded) {
      const { failedReason = "" } = (await readableJob(this.#queue, id)) ?? {};
      const reason = failedReason.replace(/[^\x20-\x7e]/g, " ").slice(0, 300);
      const hint = "see what the worker says of it in its own log";
      return new FleetError(`The worker has ended build ${id} without a result${reason && `: ${reason}`}`, { hint });
    }
    const hint = "no worker has it: submit it again, if nobody has taken it back";
    return new FleetError(`The queue has lost build ${id}`, { hint });
  }
}
