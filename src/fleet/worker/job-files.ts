import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { tryFlock, waitForFlock } from "../../host/flock.ts";
import type { SentResult } from "../queue/messages.ts";

const LOCK = ".lock";
const RESULT = ".result";

/** A job's place among the files of its worker. */
export interface JobFiles {
  /** Held by the job's process too: whoever gets it knows that the process is gone. */
  readonly lock: Pick<FileHandle, "fd">;
  /** Where the process writes what became of the build: its worker may be gone by then. */
  readonly resultFile: string;
  /** The result is in the queue: nothing is needed any more. */
  remove(): Promise<void>;
}

/** The jobs that a worker has, and those that it had when it died. */
export type HeldJobs = Pick<JobFolder, "begin" | "left" | "resultOf" | "forget">;

/** What a worker keeps of its jobs, so that none is lost or done twice when it dies. */
export class JobFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async begin(jobId: string): Promise<JobFiles> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const lockFile = join(this.#folder, jobId + LOCK);
    const lock = await open(lockFile, "w", 0o600);
    if (!(await tryFlock(lock.fd))) throw new Error(`A process of the job ${jobId} is still there`);
    const resultFile = join(this.#folder, jobId + RESULT);
    return {
      lock,
      resultFile,
      remove: async () => {
        rmSync(resultFile, { force: true });
        rmSync(lockFile, { force: true });
        await lock.close();
      },
    };
  }

  /** The jobs that a worker before us has begun and not ended. */
  get left(): readonly string[] {
    return this.#names().flatMap((name) => (name.endsWith(LOCK) ? [name.slice(0, -LOCK.length)] : []));
  }

  /** Waits until no process of them is left: each stops by itself when its worker is gone. */
  async waitForProcesses(onWait: (jobId: string) => void, signal: AbortSignal): Promise<void> {
    for (const jobId of this.left) {
      const lock = await open(join(this.#folder, jobId + LOCK), "r");
      try {
        if (await tryFlock(lock.fd)) continue;
        onWait(jobId);
        await waitForFlock(lock.fd, signal);
      } finally {
        await lock.close();
      }
    }
  }

  /** What became of a job whose process has outlived its worker; undefined when that died, too. */
  resultOf(jobId: string): SentResult | undefined {
    try {
      return JSON.parse(readFileSync(join(this.#folder, jobId + RESULT), "utf8"));
    } catch {
      return undefined;
    }
  }

  forget(jobId: string): void {
    for (const ending of [RESULT, LOCK]) rmSync(join(this.#folder, jobId + ending), { force: true });
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }
}

/** Writes a result whole or not at all. */
export function writeResult(path: string, result: SentResult): void {
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, JSON.stringify(result), { mode: 0o600, flush: true });
  renameSync(temporary, path);
}
