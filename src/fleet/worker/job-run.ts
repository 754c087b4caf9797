import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../common/clock.ts";
import { CancelledError, messageOf, throwIfCancelled } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";
import type { TemporaryFolder } from "../../host/temporary-folder.ts";
import { filesOf } from "../bundle/manifest.ts";
import { unpackBundle } from "../bundle/unpack-bundle.ts";
import type { BundleBucket } from "../objects/bundle-bucket.ts";
import { keepFiles } from "../objects/keep-files.ts";
import { readFile } from "../objects/read-file.ts";
import { type FleetQueue, KEPT_SECONDS } from "../queue/fleet-queue.ts";
import { JournalMirror } from "../queue/journal-mirror.ts";
import type { JobMessage, SentResult } from "../queue/messages.ts";
import { OutputWriter } from "../queue/output-writer.ts";
import type { Patience } from "../queue/patience.ts";
import { sentErrorOf } from "../queue/sent-error.ts";
import type { Claim } from "./claim.ts";
import { noteFailure } from "./failed-attempt.ts";
import type { JobFiles } from "./job-files.ts";
import type { RunningJob, StartJob } from "./job-process.ts";
import { productResult } from "./product-result.ts";
import type { DeadRuns } from "./run-worker.ts";

export interface JobRunInput {
  readonly queue: FleetQueue;
  readonly job: JobMessage;
  readonly claim: Claim;
  /** Which attempt at the build it is, from 1: another worker may have begun the same one. */
  readonly attempt: number;
  /** What the runs before it have said, in bytes. */
  readonly bytesBefore: number;
  readonly patience: Pick<Patience, "ask">;
  readonly workerId: string;
  /** Null where nobody can prove that it is gone. */
  readonly vmId: string | null;
  readonly host: string;
  readonly env: NodeJS.ProcessEnv;
  readonly localCloud: string | undefined;
  readonly limitBytes: number;
  /** How much of a bundle may come through the bucket. */
  readonly bucketLimitBytes: number;
  readonly bucket: Pick<BundleBucket, "storage">;
  readonly files: JobFiles;
  readonly startJob: StartJob;
  readonly makeFolder: (prefix: string) => Promise<TemporaryFolder>;
  readonly onTrouble: (message: string) => void;
  /** Takes down what a process that died in its build has left. */
  readonly cleanUp: () => Promise<DeadRuns>;
}

/** How a run of a job ended: with a result, so that another worker may have the job, or after that has it. */
export type JobEnd =
  | { readonly result: SentResult }
  | { readonly againAfterMs: number }
  | { readonly isLost: true; readonly result: SentResult; readonly isNothingLeft: boolean };

/** One run of a job on this worker. */
export class JobRun {
  readonly #input: JobRunInput;
  readonly #output: OutputWriter;
  readonly #mirror: JournalMirror;
  /** Ends what is fetched: the build's own process ends by itself. */
  readonly #fetching = new AbortController();
  #process: RunningJob | undefined;
  #stopped: { readonly reason: string; readonly isHandedBack: boolean } | undefined;
  #isHurried = false;
  #isAtWork = false;
  #isClean = true;

  constructor(input: JobRunInput) {
    this.#input = input;
    const { queue, job, claim, bytesBefore, patience, workerId, vmId, onTrouble } = input;
    const { attempt } = claim;
    this.#output = new OutputWriter(queue, { id: job.id, attempt, bytesBefore, patience }, onTrouble);
    this.#mirror = new JournalMirror(queue, { jobId: job.id, attempt }, { worker: workerId, vmId });
  }

  /** The submitter wants no build any more. */
  cancel(): void {
    this.#stop({ reason: "The build was cancelled by its submitter", isHandedBack: false });
  }

  /** The worker ends before the build does: somebody else may have it when everything is taken down. */
  handBack(): void {
    this.#stop({ reason: "The build was handed back: its worker ends", isHandedBack: true });
  }

  /** Its process runs, or what that has left is being taken down: nobody ends the worker now. */
  get isAtWork(): boolean {
    return this.#isAtWork;
  }

  hurry(): void {
    this.#isHurried = true;
    this.#process?.hurry();
  }

  /**
   * Runs the build to its end; everything of it is in the queue then, and nothing on this machine. A queue that refuses to know
   * is asked until it does. Throws for bugs, and when the queue is given up.
   */
  async run(): Promise<JobEnd> {
    const { claim, workerId, host } = this.#input;
    this.#output.write({ type: "begins", worker: workerId, host, attempt: claim.attempt });
    const result = await this.#bake();
    try {
      return await this.#end(result);
    } catch (error) {
      if (!(error instanceof LostJobError)) throw error;
      const isNothingLeft = this.#isNothingLeft(result);
      if (isNothingLeft) await this.#input.patience.ask(() => this.#mirror.remove());
      return { isLost: true, result, isNothingLeft };
    }
  }

  async #end(result: SentResult): Promise<JobEnd> {
    const { queue, job, attempt } = this.#input;
    await this.#tell(() => this.#checkOurs());
    if (this.#stopped?.isHandedBack && isUndone(result)) {
      await this.#tell(() => this.#mirror.remove());
      await this.#output.end({ type: "handed-back", reason: this.#stopped.reason });
      return { againAfterMs: 0 };
    }
    const failure = await this.#tell(() => noteFailure(queue, job, { attempt, result }, Math.random()));
    if (failure?.next) {
      await this.#tell(() => this.#mirror.remove());
      await this.#output.end({ type: "attempt-failed", ...failure });
      return { againAfterMs: failure.next.afterMs };
    }
    if (failure !== undefined) this.#output.write({ type: "attempt-failed", ...failure });
    // For those who ask later: the output is a stream that is read once.
    await this.#tell(() => queue.keepResult(job.id, result));
    // What is left then may have to be taken down by another worker.
    if (this.#isNothingLeft(result)) await this.#tell(() => this.#mirror.remove());
    await this.#output.end({ type: "end" });
    return { result };
  }

  /** Has the queue take what it has to know, as long as the job is ours. @throws {LostJobError} when it is not any more */
  async #tell<Value>(ask: () => Promise<Value>): Promise<Value> {
    return this.#input.patience.ask(async (isAgain) => {
      if (isAgain) await this.#checkOurs();
      return ask();
    });
  }

  async #checkOurs(): Promise<void> {
    if (await this.#input.claim.isLost()) throw new LostJobError();
  }

  #isNothingLeft({ error }: SentResult): boolean {
    return this.#isClean && (error?.cleanup ?? []).length === 0;
  }

  async #bake(): Promise<SentResult> {
    const { makeFolder } = this.#input;
    let folder: TemporaryFolder | undefined;
    try {
      folder = await makeFolder("fleet-");
      return await this.#bakeIn(folder.path);
    } catch (error) {
      return (await this.#afterDeath()) ?? this.#failed(error);
    } finally {
      await folder?.remove().catch((error: unknown) => this.#input.onTrouble(messageOf(error)));
      this.#isAtWork = false;
    }
  }

  async #bakeIn(folder: string): Promise<SentResult> {
    const { job, env, localCloud, workerId, claim, files, startJob } = this.#input;
    await this.#unpackIn(folder);
    await mkdir(join(folder, job.template.workingFolder), { recursive: true, mode: 0o700 });
    throwIfCancelled(this.#fetching.signal);
    this.#isAtWork = true;
    this.#process = startJob({
      ...{ job, folder, localCloud, workerId, env, resultFile: files.resultFile, lockFd: files.lock.fd },
      onEvent: (event) => this.#output.write({ type: "event", event }),
      mayPublish: () => claim.problem(systemClock),
      onJournal: (entry) => this.#mirror.add(entry),
      isCopied: () => this.#mirror.problem(),
    });
    if (this.#isHurried) this.#process.hurry();
    const result = await this.#process.result;
    await this.#process.ended();
    return result;
  }

  async #unpackIn(folder: string): Promise<void> {
    const { queue, job, limitBytes, bucketLimitBytes, bucket, onTrouble } = this.#input;
    const { signal } = this.#fetching;
    // It may have waited for days, and be tried again. A queue that is full keeps what it has all the same.
    await keepFiles(queue, filesOf(job.manifest), KEPT_SECONDS).catch((error: unknown) => onTrouble(messageOf(error)));
    const read = { queue, storage: () => bucket.storage(), signal };
    const limits = { limitBytes, bucketLimitBytes };
    await unpackBundle(job.manifest, { folder, ...limits, signal, read: (file) => readFile(file, read) });
  }

  /** Takes down what a process that died has left. @returns a result when its OMI was whole by then */
  async #afterDeath(): Promise<SentResult | undefined> {
    if (this.#process === undefined) return undefined;
    const { job, workerId, cleanUp } = this.#input;
    await this.#process.ended();
    const { isClean, products, later } = await cleanUp();
    const runId = this.#mirror.runId;
    this.#isClean = isClean && !(runId && later.has(runId));
    const found = runId && products.get(runId);
    return runId && found ? productResult(job, { worker: workerId, runId, found }) : undefined;
  }

  #failed(error: unknown): SentResult {
    const { retry, ...sent } = sentErrorOf(error);
    return {
      outcome: error instanceof CancelledError ? "cancelled" : "failed",
      runId: undefined,
      worker: this.#input.workerId,
      endedAt: systemClock.now(),
      artifact: undefined,
      error: { ...sent, message: secrets.mask(sent.message), retry: this.#isClean ? retry : undefined },
      evidence: undefined,
      provenance: undefined,
      record: undefined,
    };
  }

  #stop(stopped: { readonly reason: string; readonly isHandedBack: boolean }): void {
    // Who wants no build at all wins over who wants it elsewhere.
    if (this.#stopped === undefined || !stopped.isHandedBack) this.#stopped = stopped;
    this.#fetching.abort(new CancelledError(stopped.reason));
    this.#process?.stop(this.#stopped);
  }
}

/** The job is somebody else's by now: what became of it is not for us to say. */
class LostJobError extends Error {}

/** Nothing is left of it: it can be done again. */
function isUndone({ outcome, artifact, error }: SentResult): boolean {
  return outcome === "cancelled" && artifact === undefined && (error?.cleanup ?? []).length === 0;
}
