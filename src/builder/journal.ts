import { closeSync, constants, fsyncSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { DebugLog } from "../common/log.ts";
import { secrets } from "../common/secrets.ts";
import { tryFlock } from "../host/flock.ts";

/** Plain JSON: what a journal entry may carry. Never a secret. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** What a later `cleanup` has to know to find the same account again. */
export interface RunHeader {
  readonly runId: string;
  readonly buildName: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly version: string;
  readonly pid: number;
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  /** The profile that the credentials came from, if one was named. */
  readonly profile: string | null;
  /** Where the device nodes and links of this VM are. */
  readonly deviceFolder: string;
  /** The state folder of the embedded cloud of a `--local` run: `cleanup` starts it again. */
  readonly localCloud: string | null;
}

export type JournalEntry =
  | ({ readonly type: "run" } & RunHeader)
  /** Written before a resource is asked for: from here on it may exist. */
  | { readonly type: "intent"; readonly seq: number; readonly kind: string; readonly intent: JsonObject }
  | { readonly type: "result"; readonly seq: number; readonly id: string }
  /** Something learned later that a release needs, such as the device of a link. */
  | { readonly type: "facts"; readonly seq: number; readonly facts: JsonObject }
  /** Nothing was made, or what was made is gone again. */
  | { readonly type: "released"; readonly seq: number }
  /** These are the product: no longer ours to remove. One entry for all of them, as they are a product only together. */
  | { readonly type: "kept"; readonly seqs: readonly number[] }
  /** The sandbox of a live build, which `shell` enters. */
  | { readonly type: "sandbox"; readonly pid: number; readonly mountPath: string }
  | { readonly type: "end"; readonly outcome: string };

/**
 * The diary of one run: one JSON object a line, each on disk (fsync) before what it announces is done. The run is alive
 * as long as the file is flocked; the kernel drops the lock when the process ends, however it ends.
 */
export class Journal {
  readonly path: string;
  readonly #fd: number;
  readonly #log: DebugLog;
  #seq = 0;
  readonly #open = new Set<number>();
  #closed = false;

  private constructor(path: string, fd: number, log: DebugLog) {
    this.path = path;
    this.#fd = fd;
    this.#log = log;
  }

  /**
   * Starts the journal `RUN.jsonl` in a folder that only root can read.
   * @throws when the folder cannot be made or the file exists
   */
  static async create(folder: string, header: RunHeader, log: DebugLog): Promise<Journal> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = journalPath(folder, header.runId);
    const { O_CREAT, O_EXCL, O_APPEND, O_WRONLY, O_NOFOLLOW } = constants;
    const fd = openSync(path, O_CREAT | O_EXCL | O_APPEND | O_WRONLY | O_NOFOLLOW, 0o600);
    if (!(await tryFlock(fd))) throw new Error(`The new journal "${path}" is locked by another process`);
    const journal = new Journal(path, fd, log);
    journal.#write({ type: "run", ...header });
    syncFolder(folder);
    return journal;
  }

  /** Continues the journal of a dead run, which `cleanup` has locked through `fd`. */
  static resume(path: string, fd: number, record: RunRecord, log: DebugLog): Journal {
    const journal = new Journal(path, fd, log);
    journal.#seq = record.lastSeq;
    for (const resource of record.resources) journal.#open.add(resource.seq);
    return journal;
  }

  /** Announces a resource; the number is its name in the entries that follow. */
  intent(kind: string, intent: JsonObject): number {
    const seq = ++this.#seq;
    this.#write({ type: "intent", seq, kind, intent });
    this.#open.add(seq);
    return seq;
  }

  result(seq: number, id: string): void {
    this.#write({ type: "result", seq, id });
  }

  facts(seq: number, facts: JsonObject): void {
    this.#write({ type: "facts", seq, facts });
  }

  released(seq: number): void {
    this.#write({ type: "released", seq });
    this.#open.delete(seq);
  }

  kept(seqs: readonly number[]): void {
    this.#write({ type: "kept", seqs });
    for (const seq of seqs) this.#open.delete(seq);
  }

  sandbox(pid: number, mountPath: string): void {
    this.#write({ type: "sandbox", pid, mountPath });
  }

  /** True while something that was announced is neither released nor part of the product. */
  get hasOpenResources(): boolean {
    return this.#open.size > 0;
  }

  /** Ends the run. The file goes when nothing is left to clean up; otherwise it stays for `cleanup`. */
  close(outcome: string): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.hasOpenResources) this.#write({ type: "end", outcome });
    else unlinkSync(this.path);
    closeSync(this.#fd);
  }

  /** Lets go of the file and its lock without a word. */
  detach(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#fd);
  }

  #write(entry: JournalEntry): void {
    writeSync(this.#fd, `${secrets.mask(JSON.stringify(entry))}\n`);
    fsyncSync(this.#fd);
    this.#log.write({ kind: "journal", entry });
  }
}

export function journalPath(folder: string, runId: string): string {
  return join(folder, `${runId}.jsonl`);
}

/** A resource of a run that is not known to be gone. Without an id the answer to its creation was never seen. */
export interface OpenResource {
  readonly seq: number;
  readonly kind: string;
  readonly intent: JsonObject;
  readonly id: string | undefined;
  readonly facts: JsonObject;
}

/** What a journal says, folded: the run and what it may have left, oldest first. */
export interface RunRecord {
  readonly header: RunHeader;
  readonly resources: readonly OpenResource[];
  readonly sandbox: { readonly pid: number; readonly mountPath: string } | undefined;
  readonly lastSeq: number;
  readonly outcome: string | undefined;
}

/**
 * Reads a journal. A last line that a crash has cut short is passed over: what it would have announced was not begun.
 * @returns undefined when not even the run's own line was written
 */
export function readJournal(path: string): RunRecord | undefined {
  const entries = readFileSync(path, "utf8").split("\n").flatMap(parseEntry);
  const [first, ...rest] = entries;
  if (first?.type !== "run") return undefined;
  const { type: _, ...header } = first;
  const open = new Map<number, OpenResource>();
  let sandbox: RunRecord["sandbox"];
  let outcome: string | undefined;
  let lastSeq = 0;
  for (const entry of rest) {
    if ("seq" in entry) lastSeq = Math.max(lastSeq, entry.seq);
    if (entry.type === "sandbox") sandbox = { pid: entry.pid, mountPath: entry.mountPath };
    else if (entry.type === "end") outcome = entry.outcome;
    else if (entry.type === "kept") for (const seq of entry.seqs) open.delete(seq);
    else if (entry.type !== "run") applyTo(open, entry);
  }
  return { header, resources: [...open.values()], sandbox, lastSeq, outcome };
}

type ResourceEntry = Extract<JournalEntry, { readonly seq: number }>;

function applyTo(open: Map<number, OpenResource>, entry: ResourceEntry): void {
  const known = open.get(entry.seq);
  switch (entry.type) {
    case "intent":
      open.set(entry.seq, { seq: entry.seq, kind: entry.kind, intent: entry.intent, id: undefined, facts: {} });
      break;
    case "result":
      if (known) open.set(entry.seq, { ...known, id: entry.id });
      break;
    case "facts":
      if (known) open.set(entry.seq, { ...known, facts: { ...known.facts, ...entry.facts } });
      break;
    case "released":
      open.delete(entry.seq);
  }
}

function parseEntry(line: string): JournalEntry[] {
  if (line === "") return [];
  try {
    return [JSON.parse(line) as JournalEntry];
  } catch {
    return [];
  }
}

/** A new file is only sure to survive a power cut once its folder is on disk too. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
