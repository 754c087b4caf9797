import { z } from "zod";
import { formatEntry, type JournalEntry } from "../../builder/journal/entry.ts";
import { type RunRecord, readJournalCopy } from "../../builder/journal/read-journal.ts";
import { FleetError, messageOf } from "../../common/errors.ts";
import type { FleetQueue } from "./fleet-queue.ts";

/** How long an intent waits for a queue that cannot be reached: as long as a build that is about to publish. */
const PATIENCE_MS = 15 * 60_000;
/** What of a journal says what is in the account; the rest is for going on with a run on its own machine. */
const COPIED: readonly JournalEntry["type"][] = [
  "run",
  "intent",
  "result",
  "facts",
  "released",
  "kept",
  "copies",
  "end",
];

const copySchema = z.strictObject({ worker: z.string(), vmId: z.string().nullable(), journal: z.string() });

/** Which run of which job a copy is of. */
export interface JobRunId {
  readonly jobId: string;
  readonly attempt: number;
}

/** A copy of the journal of a run, as another worker finds it. */
export interface FoundJournal extends JobRunId {
  readonly worker: string;
  readonly vmId: string | null;
  readonly journal: string;
}

export function isCopied({ type }: JournalEntry): boolean {
  return COPIED.includes(type);
}

/**
 * The copy of a run's journal in the queue. Each write has all of it, so that a queue that has lost some has it again, and
 * what comes during a write goes with the next one: there is never more than one under way.
 */
export class JournalMirror {
  readonly #queue: FleetQueue;
  readonly #run: JobRunId;
  readonly #owner: { readonly worker: string; readonly vmId: string | null };
  /** Undefined before the run has begun. */
  runId: string | undefined;
  #text = "";
  /** How much of it is in the queue, or on its way. */
  #sent = 0;
  #writing: Promise<void> | undefined;
  #waiting: Promise<void> | undefined;

  constructor(queue: FleetQueue, run: JobRunId, owner: { readonly worker: string; readonly vmId: string | null }) {
    this.#queue = queue;
    this.#run = run;
    this.#owner = owner;
  }

  add(entry: JournalEntry): void {
    if (entry.type === "run") this.runId = entry.runId;
    this.#text += formatEntry(entry);
    // Whoever has to know waits for it; a failure of the rest is seen by the next one.
    this.#write().catch(() => undefined);
  }

  /** @returns why the queue does not have all of it; undefined when it does */
  async problem(): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve("the queue cannot be reached"), PATIENCE_MS);
    });
    const written = this.#write().then(() => undefined, messageOf);
    const problem = await Promise.race([written, late]);
    clearTimeout(timer);
    return problem;
  }

  /** Nothing of the run is left. */
  async remove(): Promise<void> {
    await this.#waiting?.catch(() => undefined);
    await this.#writing?.catch(() => undefined);
    await removeJournal(this.#queue, this.#run);
  }

  /** Comes back when all that was added so far is written. */
  #write(): Promise<void> {
    const isSent = this.#sent === this.#text.length;
    if (isSent) return this.#writing ?? Promise.resolve();
    if (this.#writing === undefined) {
      this.#writing = this.#put().finally(() => {
        this.#writing = undefined;
      });
      return this.#writing;
    }
    // The one under way has begun before the last entry came.
    this.#waiting ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#waiting = undefined;
        return this.#write();
      });
    return this.#waiting;
  }

  async #put(): Promise<void> {
    const { jobId, attempt } = this.#run;
    const text = JSON.stringify({ ...this.#owner, journal: this.#text });
    const sealed = this.#queue.seal(text, "journal", jobId, attempt);
    this.#sent = this.#text.length;
    try {
      await this.#queue.redis.hset(this.#queue.keyOf("journals"), fieldOf(this.#run), sealed);
    } catch (error) {
      this.#sent = 0;
      throw error;
    }
  }
}

/** Every run that may have left something, as far as its worker has told. */
export async function listJournals(queue: FleetQueue): Promise<readonly JobRunId[]> {
  const fields = await queue.redis.hkeys(queue.keyOf("journals"));
  return fields.flatMap((field) => {
    const [, jobId, attempt] = /^([0-9A-Za-z-]+):(\d{1,9})$/.exec(field) ?? [];
    return jobId === undefined ? [] : [{ jobId, attempt: Number(attempt) }];
  });
}

/** Their copies. What is gone meanwhile, or another has sealed, is passed over. */
export async function readJournals(queue: FleetQueue, runs: readonly JobRunId[]): Promise<readonly FoundJournal[]> {
  if (runs.length === 0) return [];
  const all = await queue.redis.hmget(queue.keyOf("journals"), ...runs.map(fieldOf));
  return runs.flatMap(({ jobId, attempt }, index) => {
    try {
      const { value } = queue.openJson(all[index], "journal", jobId, attempt);
      return [{ jobId, attempt, ...copySchema.parse(value) }];
    } catch {
      return [];
    }
  });
}

export async function removeJournal(queue: FleetQueue, run: JobRunId): Promise<void> {
  await queue.redis.hdel(queue.keyOf("journals"), fieldOf(run));
}

/**
 * What the copy says, for somebody who takes down what it names.
 * @param goneAt When its VM was known to be gone
 * @throws {FleetError} when it cannot be read, or is of another account
 */
export function recordOfCopy({ jobId, journal }: FoundJournal, accountId: string, goneAt: number): RunRecord {
  const record = readJournalCopy(`copy of build ${jobId}`, journal, goneAt);
  if (record.header.accountId === accountId) return record;
  throw new FleetError(`The build ${jobId} was done for the account ${record.header.accountId}, not ${accountId}`);
}

function fieldOf({ jobId, attempt }: JobRunId): string {
  return `${jobId}:${attempt}`;
}
