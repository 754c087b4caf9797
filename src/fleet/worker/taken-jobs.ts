import { join } from "node:path";
import { type Job, UnrecoverableError } from "bullmq";
import { FleetError, messageOf } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";
import { beginAttempt } from "../queue/attempts.ts";
import type { Control, JobData } from "../queue/fleet-queue.ts";
import type { JobMessage } from "../queue/messages.ts";
import { writtenBytes } from "../queue/output-writer.ts";
import type { Patience } from "../queue/patience.ts";
import { isPassingRefusal } from "../queue/refusal-error.ts";
import { beginTurn } from "../queue/turns.ts";
import { SeenJobs } from "../seal/seen-jobs.ts";
import { Claim } from "./claim.ts";
import type { Controls } from "./controls.ts";
import { HOLD_MS } from "./engine-trouble.ts";
import type { FleetWorkerInput } from "./fleet-worker.ts";
import { giveBack, leaveJob, REFUSED_PAUSE_MS } from "./give-back.ts";
import type { JobFiles } from "./job-files.ts";
import { type JobEnd, JobRun } from "./job-run.ts";

export interface TakenJobsInput extends FleetWorkerInput {
  readonly controls: Pick<Controls, "of">;
  readonly patience: Pick<Patience, "ask">;
  /** Called when a build has begun or ended. */
  readonly onChange: () => Promise<void>;
}

/** How the engine gives a job. */
interface GivenJob {
  readonly sealedAt: number;
  /** By which the engine knows us. */
  readonly token: string;
  /** See `turns.ts`. */
  readonly turn: number;
}

/** What has gone before a run. */
interface Begun {
  readonly attempt: number;
  readonly bytesBefore: number;
}

/** The jobs that a worker has taken, from its claim on one to its release. */
export class TakenJobs {
  /** Those that were taken before, too: each is taken once. */
  readonly seen: SeenJobs;
  readonly #input: TakenJobsInput;
  readonly #runs = new Map<string, JobRun>();
  /** The jobs whose claim is ours. */
  readonly #claimed = new Map<string, Claim>();

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
    const own = this.#claimed.get(id);
    if (own !== undefined) return this.#goOn(id, own);
    const { job, sealedAt } = this.#open(id, bullJob.data);
    const end = await this.#begin(job, { sealedAt, token, turn: bullJob.priority });
    if ("againAfterMs" in end) return giveBack(bullJob, token, end.againAfterMs);
    const { outcome, error } = end.result;
    if ("isLost" in end) {
      this.#input.ui.warn(
        `Build ${id} of ${job.build} is not this worker's any more: what it had made here ends as ${outcome}`,
      );
      return leaveJob();
    }
    this.#input.ui.say(`Build ${id} of ${job.build}: ${outcome}`);
    if (outcome === "done") return outcome;
    throw new UnrecoverableError(`${outcome}: ${error?.code ?? "E_BUG"}`);
  }

  /** A queue that was set back has given us what we are at: it is active again, as it was. */
  async #goOn(id: string, claim: Claim): Promise<never> {
    this.#input.ui.warn(`The queue has given the build ${id} to this worker once more, which is at it: it goes on`);
    await this.#input.patience.ask(() => claim.keep(HOLD_MS));
    return leaveJob();
  }

  /** A job that the queue refuses to have begun waits: it was not taken, and nothing is made for it. */
  async #begin(job: JobMessage, given: GivenJob): Promise<JobEnd> {
    try {
      return await this.#hold(job, given);
    } catch (error) {
      if (!isPassingRefusal(error)) throw error;
      this.#input.ui.warn(`Build ${job.id} waits, as it cannot be begun: ${messageOf(error)}`);
      return { againAfterMs: REFUSED_PAUSE_MS };
    }
  }

  async #hold(job: JobMessage, { sealedAt, token, turn }: GivenJob): Promise<JobEnd> {
    const { queue, identity, account, jobs, ui } = this.#input;
    await beginTurn(queue, turn);
    const claim = await Claim.take(queue, job.id, { worker: identity.id, vmId: account.vmId ?? null, token });
    if (claim === undefined) {
      ui.warn(`The queue has given the build ${job.id} to this worker, and another one holds it: it is left alone`);
      return leaveJob();
    }
    this.#claimed.set(job.id, claim);
    try {
      const begun = await this.#accept(job, claim, sealedAt);
      const files = await jobs.begin(job.id);
      const end = await this.#bake(job, { ...begun, claim, files });
      await files.remove();
      // Before anybody, also we, can be given it again.
      if (mayBeTakenAgain(end)) this.seen.giveBack(job.id);
      return end;
    } finally {
      await this.#letGo(job.id, claim);
    }
  }

  /** The engine is told after this, and nobody else may take the job before. */
  async #letGo(id: string, claim: Claim): Promise<void> {
    this.#runs.delete(id);
    // Without it the engine may not be told: then it is, later, by whoever looks after the jobs of nobody.
    await claim.holdInEngine(HOLD_MS).catch(() => undefined);
    try {
      await this.#input.patience.ask(() => claim.release());
    } finally {
      this.#claimed.delete(id);
      await this.#input.onChange();
    }
  }

  /** Takes BullMQ's hold on jobs of ours again, which it could not renew. */
  async holdAgain(ids: readonly string[]): Promise<void> {
    // It is tried again when it is to be renewed the next time, and at the end.
    for (const id of ids)
      await this.#claimed
        .get(id)
        ?.holdInEngine(HOLD_MS)
        .catch(() => undefined);
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

  /**
   * A job is taken once: also when somebody plays it again. That is noted last, when the queue, which may refuse, is asked nothing
   * more.
   * @throws {UnrecoverableError}
   */
  async #accept(job: JobMessage, claim: Claim, sealedAt: number): Promise<Begun> {
    const { queue } = this.#input;
    const { id, settings } = job;
    const result = await queue.readResult(id);
    this.#orRefuse(() => {
      if (result !== undefined) throw new FleetError(`The job ${id} is refused: it has ended before`);
    });
    const bytesBefore = claim.attempt > 1 ? await writtenBytes(queue, id) : 0;
    const attempt = await beginAttempt(queue, id, settings.retries.most + 1);
    this.#orRefuse(() => this.seen.take(id, sealedAt));
    return { attempt, bytesBefore };
  }

  #orRefuse<Value>(check: () => Value): Value {
    try {
      return check();
    } catch (error) {
      this.#input.ui.error(messageOf(error));
      throw new UnrecoverableError(`refused: ${secrets.mask(messageOf(error))}`);
    }
  }

  async #bake(job: JobMessage, held: Begun & { readonly claim: Claim; readonly files: JobFiles }): Promise<JobEnd> {
    const { identity, host, env, localCloud, cleanUp, makeFolder, ui, account, startJob } = this.#input;
    const { queue, limitBytes, bucketLimitBytes, bucket, controls, patience } = this.#input;
    ui.say(`Build ${job.id} of ${job.build}, from ${job.submitter}`);
    const run = new JobRun({
      ...held,
      ...{ queue, job, host, env, localCloud, cleanUp, makeFolder, startJob },
      ...{ limitBytes, bucketLimitBytes, bucket },
      patience,
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

/** Nothing is left of a run: whoever is given the job next may begin it, also this worker. */
function mayBeTakenAgain(end: JobEnd): boolean {
  if ("againAfterMs" in end) return true;
  return "isLost" in end && end.isNothingLeft && end.result.artifact === undefined;
}
