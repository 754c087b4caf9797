import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { FleetError } from "../../common/errors.ts";

/** A job is taken so long after it was sealed: it may have waited over a weekend. */
const JOB_WINDOW_MS = 7 * 24 * 3_600_000;
/** Clocks may differ so much. */
const SKEW_MS = 10 * 60_000;

/**
 * The jobs that this worker has taken, in a folder of its own state: who can write to the queue can make it forget, but not
 * this. A job is remembered as long as its seal would be taken.
 */
export class SeenJobs {
  readonly #folder: string;
  readonly #now: () => number;

  constructor(folder: string, now: () => number) {
    this.#folder = folder;
    this.#now = now;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /**
   * Takes a job, on disk, before anything of it is done.
   * @throws {FleetError} when it was taken before, or its time is not now
   */
  take(jobId: string, sealedAt: number): void {
    const age = this.#now() - sealedAt;
    if (age > JOB_WINDOW_MS) throw refused(jobId, "it was sealed more than a week ago");
    if (age < -SKEW_MS) throw refused(jobId, "it was sealed in the future: compare the clocks of submitter and worker");
    this.#forgetOld();
    try {
      closeSync(openSync(this.#pathOf(jobId), "wx", 0o600));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST")
        throw refused(jobId, "this worker has taken it before");
      throw error;
    }
    this.#sync();
  }

  /** The job was handed back before anything was made for it, or after everything was taken down. */
  giveBack(jobId: string): void {
    rmSync(this.#pathOf(jobId), { force: true });
    this.#sync();
  }

  #pathOf(jobId: string): string {
    if (!/^[0-9A-Za-z-]{1,100}$/.test(jobId)) throw refused(jobId, "that is no id of a job");
    return join(this.#folder, jobId);
  }

  #forgetOld(): void {
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name);
      const takenAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (this.#now() - takenAt > JOB_WINDOW_MS + 2 * SKEW_MS) rmSync(path, { force: true });
    }
  }

  #sync(): void {
    const fd = openSync(this.#folder, "r");
    fsyncSync(fd);
    closeSync(fd);
  }
}

function refused(jobId: string, reason: string): FleetError {
  return new FleetError(`The job ${jobId} is refused: ${reason}`);
}
