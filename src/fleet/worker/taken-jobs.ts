import { join } from "node:path";
import { DelayedError, type Job, UnrecoverableError, WaitingError } from "bullmq";
import { FleetError, messageOf } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";
import { beginAttempt } from "../queue/attempts.ts";
import type { Control, JobData } from "../queue/fleet-queue.ts";
import type { JobMessage } from "../queue/messages.ts";
import { beginTurn } from "../queue/turns.ts";
import { SeenJobs } from "../seal/seen-jobs.ts";
import { Claim } from "./claim.ts";
import type { Controls } from "./controls.ts";
import { HOLD_MS } from "./engine-trouble.ts";
import type { FleetWorkerInput } from "./fleet-worker.ts";
import type { JobFiles } from "./job-files.ts";
import { type JobEnd, JobRun } from "./job-run.ts";
import { leaveJob } from "./leave-job.ts";

export interface TakenJobsInput extends FleetWorkerInput {
  readonly controls: Pick<Controls, "of">;
  /** Called when a build has begun or ended. */
  readonly onChange: () => Promise<void>;
}

/** The jobs that a worker has taken, from its claim on one to its release. */
export class TakenJobs {
  /** Those that were taken before, too: each is taken once. */
  readonly seen: SeenJobs;
  readonly #input: TakenJobsInput;
  readonly #runs = new Map<string, JobRun>();
  /** The jobs whose claim is ours. */
  readonly #claimed = new Map<string, { readonly claim: Claim; readonly token: string }>();

  constructor(input: TakenJobsInput) {
    this.#input = input;
    this.seen = new SeenJobs(join(input.identity.folder, "seen"), Date.now);
  }

  /** The ids of the builds that run. */
  get running(): readonly string[] {
    return [...this.#runs.keys()];
  }

  /** The ids of the jobs of which the queue does not know yet what became. */
  get claimed(): readonly string[] {
    return [...this.#claimed.keys()];
  }

  /** Whether something is made or taken down. */
  get isAtWork(): boolean {
    return [...this.#runs.values()].some(({ isAtWork }) => isAtWork);
  }

  /** What BullMQ calls for each job. What it throws is shown by its tools, so it has no words of the build in it. */
  async take(bullJob: Job<JobData, string>, token: string): Promise<string> {
    const id = bullJob.id ?? "";
    const { job: opened, sealedAt } = this.#open(id, bullJob.data);
    await beginTurn(this.#input.queue, bullJob.priority);
    const claim = await Claim.take(this.#input.queue, id, {
      worker: this.#input.identity.id,
      vmId: this.#input.account.vmId ?? null,
    });
    if (claim === undefined) {
      this.#input.ui.warn(
        `The queue has given the build ${id} to this worker, and another one holds it: it is left alone`,
      );
      return leaveJob();
    }
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
      await this.#input.onChange();
    }
    if ("againAfterMs" in end) {
      this.seen.giveBack(id);
      return giveBack(bullJob, token, end.againAfterMs);
    }
    const { outcome, error } = end.result;
    if ("isLost" in end) {
      this.#input.ui.warn(
        `Build ${id} of ${opened.build} is not this worker's any more: what it had made here ends as ${outcome}`,
      );
      throw new UnrecoverableError("the job was given to another worker");
    }
    this.#input.ui.say(`Build ${id} of ${opened.build}: ${outcome}`);
    if (outcome === "done") return outcome;
    throw new UnrecoverableError(`${outcome}: ${error?.code ?? "E_BUG"}`);
  }

  /** Takes BullMQ's hold on jobs of ours again, which it could not renew. */
  async holdAgain(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const { claim, token } = this.#claimed.get(id) ?? {};
      // It is tried again when it is to be renewed the next time, and at the end.
      if (claim !== undefined) await claim.holdInEngine(token ?? "", HOLD_MS).catch(() => undefined);
    }
  }

  /** @throws {UnrecoverableError} when it is no job for us */
  #open(id: string, data: unknown): { readonly job: JobMessage; readonly sealedAt: number } {
    return this.#orRefuse(() => {
      const { job, sealedAt } = this.#input.queue.readJob(id, data);
      const { accountId, region } = this.#input.account;
      if (job.accountId !== accountId || job.region !== region)
        throw new FleetError(`The job ${id} is for another account`);
      return { job, sealedAt };
    });
  }

  /** A job is taken once: also when somebody plays it again. @throws {UnrecoverableError} */
  async #accept(id: string, sealedAt: number): Promise<void> {
    const result = await this.#input.queue.readResult(id);
    this.#orRefuse(() => {
      if (result !== undefined) throw new FleetError(`The job ${id} is refused: it has ended before`);
      this.seen.take(id, sealedAt);
    });
  }

  #orRefuse<Value>(check: () => Value): Value {
    try {
      return check();
    } catch (error) {
      this.#input.ui.error(messageOf(error));
      throw new UnrecoverableError(`refused: ${secrets.mask(messageOf(error))}`);
    }
  }

  async #bake(job: JobMessage, claim: Claim, files: JobFiles): Promise<JobEnd> {
    const { identity, host, env, localCloud, cleanUp, makeFolder, ui, account, startJob } = this.#input;
    const { queue, limitBytes, bucketLimitBytes, bucket, controls } = this.#input;
    ui.say(`Build ${job.id} of ${job.build}, from ${job.submitter}`);
    const attempt = await beginAttempt(queue, job.id);
    const run = new JobRun({
      ...{ queue, job, claim, attempt, files, host, env, localCloud, cleanUp, makeFolder, startJob },
      ...{ limitBytes, bucketLimitBytes, bucket },
      workerId: identity.id,
      vmId: account.vmId ?? null,
      onTrouble: (message) => ui.warn(message),
    });
    this.#runs.set(job.id, run);
    for (const control of controls.of(job.id)) this.obey(control);
    if (this.#input.stop.aborted) run.handBack();
    void this.#input.onChange();
    return run.run();
  }

  /** Does what somebody wishes of a build that runs here. */
  obey({ subject, wish }: Control): void {
    if (wish === "cancel") this.#runs.get(subject)?.cancel();
    if (wish === "hurry") this.#runs.get(subject)?.hurry();
  }

  handBackAll(): void {
    for (const run of this.#runs.values()) run.handBack();
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
