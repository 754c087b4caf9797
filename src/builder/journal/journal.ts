import { mkdirSync, unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isErrno } from "../../common/errno.ts";
import { messageOf } from "../../common/errors.ts";
import type { CopyWish } from "../region-copy/copy-wish.ts";
import type { Base, DoneWork, JournalEntry, JsonObject, LiveSandbox, RecordedLoan, RunHeader } from "./entry.ts";
import { JournalError } from "./journal-error.ts";
import { type DiskCalls, JournalFile } from "./journal-file.ts";
import { JournalWriter, type WriterOptions } from "./journal-writer.ts";
import { deletionFolder } from "./run-id.ts";
import type { HeldRun } from "./runs.ts";
import { headerEntry, journalPath, startFile, syncFolder } from "./start-journal.ts";

type Intent = Extract<JournalEntry, { readonly type: "intent" }>;

export interface JournalOptions extends WriterOptions {
  /** What may stand in no intent, as the journal is never masked: the secret key of the credentials. */
  readonly forbidden?: readonly string[];
  /** In place of the real disk. */
  readonly disk?: DiskCalls;
}

/**
 * The diary of one run: one JSON object a line, each on disk (fsync) before what it announces is done. The run is alive
 * as long as the file is flocked; the kernel drops the lock when the process ends, however it ends.
 *
 * A line that nothing is done by reaches the disk with the next one that must. A machine that loses its power before that
 * has run a moment less: what was made is looked for by its intent, what is gone is found to be gone.
 *
 * An intent that cannot be written is thrown, and what it announces is not done. What has happened already cannot be
 * refused: it is kept in memory and written as soon as the disk takes it, and until then nothing new is announced.
 */
export class Journal {
  readonly #file: JournalFile;
  readonly #writer: JournalWriter;
  readonly #options: JournalOptions;
  #seq = 0;
  /** What is open, by number, as a person knows it. */
  readonly #open = new Map<number, string>();
  /** What of it the service has accepted to remove. */
  readonly #going = new Set<number>();
  #closed = false;

  private constructor(file: JournalFile, options: JournalOptions) {
    this.#file = file;
    this.#writer = new JournalWriter(file, options);
    this.#options = options;
  }

  /**
   * Starts the journal `RUN.jsonl` in a folder that only root can read. It is not there before it names its run.
   * @throws {JournalError} when it cannot be written
   */
  static async create(folder: string, header: RunHeader, options: JournalOptions): Promise<Journal> {
    const path = journalPath(folder, header.runId);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const file = await startFile(path, header, options.disk);
      syncFolder(folder);
      options.log.write({ kind: "journal", entry: headerEntry(header) });
      options.copy?.add(headerEntry(header));
      return new Journal(file, options);
    } catch (error) {
      if (error instanceof JournalError) throw error;
      throw new JournalError(`Cannot start the journal "${path}": ${messageOf(error)}`, { cause: error });
    }
  }

  /** Continues the journal of a dead run. */
  static resume(run: HeldRun, options: JournalOptions): Journal {
    const { path, record } = run;
    const file = new JournalFile(path, run.take(), options.disk);
    file.cutTo(record.length);
    const journal = new Journal(file, options);
    journal.#seq = record.lastSeq;
    for (const { seq, kind, id } of record.resources) journal.#open.set(seq, `${kind} ${id ?? ""}`.trim());
    return journal;
  }

  get path(): string {
    return this.#file.path;
  }

  /**
   * Announces a resource; the number is its name in the entries that follow.
   * @throws {JournalError} when it is not on disk, or may not be: then nothing may be made
   */
  intent(kind: string, intent: JsonObject): number {
    const entry = this.#intentOf(kind, intent);
    this.#writer.write(entry);
    return this.#opened(entry);
  }

  /**
   * The same without standing still: other builds of the process go on, and intents of this one share an fsync.
   * @throws {JournalError} when it is not known to be on disk: then nothing may be made
   */
  async announce(kind: string, intent: JsonObject): Promise<number> {
    const entry = this.#intentOf(kind, intent);
    const synced = this.#writer.writeAside(entry);
    const seq = this.#opened(entry);
    try {
      await synced;
      return seq;
    } catch (error) {
      this.released(seq);
      throw error;
    }
  }

  /**
   * Comes back when the copy of the journal, if there is one, knows what was announced.
   * @throws {ChrootError} when it may not: then nothing may be made
   */
  async copied(): Promise<void> {
    await this.#options.copy?.upToDate();
  }

  /** @param isFindable The intent alone is enough to find it, once more, after a loss of power */
  result(seq: number, id: string, { isFindable = true } = {}): void {
    this.#open.set(seq, `${this.#open.get(seq) ?? ""} ${id}`.trim());
    this.#writer.tell({ type: "result", seq, id }, { isLazy: isFindable });
  }

  facts(seq: number, facts: JsonObject): void {
    this.#writer.tell({ type: "facts", seq, facts });
  }

  released(seq: number): void {
    this.#open.delete(seq);
    this.#writer.tell({ type: "released", seq }, { isLazy: true });
  }

  /** The service has accepted to remove it: nothing is left to do but to see that it is gone. */
  going(seq: number): void {
    this.#going.add(seq);
  }

  kept(seqs: readonly number[]): void {
    for (const seq of seqs) this.#open.delete(seq);
    this.#writer.tell({ type: "kept", seqs });
  }

  sandbox(sandbox: LiveSandbox): void {
    this.#writer.tell({ type: "sandbox", ...sandbox }, { isLazy: true });
  }

  root(partition: number, mountOptions: readonly string[]): void {
    this.#writer.tell({ type: "root", partition, mountOptions }, { isLazy: true });
  }

  /** @throws {JournalError} when it has the secret key in it */
  origin(origin: JsonObject): void {
    this.#refuseCredentials("template", origin);
    this.#writer.tell({ type: "origin", origin }, { isLazy: true });
  }

  base(base: Base): void {
    this.#writer.tell({ type: "base", base }, { isLazy: true });
  }

  /** @throws {JournalError} when it has the secret key in it */
  copies(copies: CopyWish): void {
    this.#refuseCredentials("copy", copies);
    this.#writer.tell({ type: "copies", copies });
  }

  done(work: DoneWork): void {
    this.#writer.tell({ type: "done", ...work });
  }

  /** @throws {JournalError} when it is not on disk: then the image may not have the file */
  lent(loan: RecordedLoan): void {
    this.#writer.write({ type: "lent", loan });
  }

  returned(path: string): void {
    this.#writer.tell({ type: "returned", path }, { isLazy: true });
  }

  /** True while something that was announced is neither released, nor going, nor part of the product. */
  get hasOpenResources(): boolean {
    return [...this.#open.keys()].some((seq) => !this.#going.has(seq));
  }

  /**
   * Ends the run. The file goes when nothing is left to clean up; otherwise it stays for `cleanup`. When all that is left
   * is going, it is put aside: see {@link findDeletions}.
   */
  close(outcome: string): void {
    if (this.#closed) return;
    this.#closed = true;
    const isLeft = this.#open.size > 0;
    if (isLeft) this.#writer.tell({ type: "end", outcome });
    // A journal that does not know of the product would have `cleanup` delete it.
    const forgetsProduct = this.#writer.lacks("kept");
    if (forgetsProduct && isLeft) {
      const left = [...this.#open.values()].join(", ");
      this.#options.onTrouble(`The journal could not be finished and is removed. Remove by hand: ${left}`);
    }
    if (forgetsProduct || !isLeft) this.#remove();
    else if (!this.hasOpenResources) this.#putAside();
    this.#file.close();
  }

  #intentOf(kind: string, intent: JsonObject): Intent {
    this.#refuseCredentials(kind, intent);
    return { type: "intent", seq: this.#seq + 1, kind, intent };
  }

  #opened(entry: Intent): number {
    this.#seq = entry.seq;
    this.#open.set(entry.seq, entry.kind);
    return entry.seq;
  }

  #refuseCredentials(kind: string, intent: JsonObject): void {
    const text = JSON.stringify(intent);
    const { forbidden = [] } = this.#options;
    if (!forbidden.some((credential) => text.includes(JSON.stringify(credential).slice(1, -1)))) return;
    throw new JournalError(`The journal would hold the secret key of the credentials: it is part of a ${kind}`, {
      hint: "Remove it from the option that holds it",
    });
  }

  /** Where that fails it stays where it is, and `cleanup` takes it for the journal of a dead run: no more than a detour. */
  #putAside(): void {
    const folder = deletionFolder(dirname(dirname(this.path)));
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.#file.moveTo(join(folder, basename(this.path)));
    } catch (error) {
      this.#options.log.write({ kind: "note", message: `${this.path} was not put aside: ${messageOf(error)}` });
    }
  }

  #remove(): void {
    try {
      unlinkSync(this.path);
    } catch (error) {
      if (isErrno(error, "ENOENT")) return; // somebody has seen that all of it is gone
      this.#options.onTrouble(`The journal "${this.path}" cannot be removed: ${messageOf(error)}`);
    }
  }
}
