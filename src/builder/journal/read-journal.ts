import { closeSync, fstatSync, lstatSync, readFileSync } from "node:fs";
import { messageOf } from "../../common/errors.ts";
import type { Product, ProductCopy } from "../publish-omi.ts";
import type { CopyWish } from "../region-copy/copy-wish.ts";
import { regionImageKind, regionSnapshotKind } from "../region-copy/region-kinds.ts";
import { imageKind } from "../resources/image.ts";
import { type Recorded, recordOf } from "../resources/kinds.ts";
import { snapshotKind } from "../resources/snapshot.ts";
import {
  type Base,
  type DoneWork,
  type JournalEntry,
  type JsonObject,
  type LiveSandbox,
  parseEntry,
  type RecordedLoan,
  type RunHeader,
} from "./entry.ts";
import { JournalError } from "./journal-error.ts";
import { openFile } from "./journal-file.ts";

/** A resource of a run that is not known to be gone. Without an id the answer to its creation was never seen. */
export interface OpenResource {
  readonly seq: number;
  readonly kind: string;
  readonly intent: JsonObject;
  readonly id: string | undefined;
  readonly facts: JsonObject;
  /** What its kind can do with it. */
  readonly recorded: Recorded;
}

/** What a journal says, folded: the run and what it may have left, oldest first. */
export interface RunRecord {
  readonly header: RunHeader;
  readonly resources: readonly OpenResource[];
  readonly sandbox: LiveSandbox | undefined;
  readonly root: { readonly partition: number; readonly mountOptions: readonly string[] } | undefined;
  /** What `resume` needs to read the same template again; undefined when nothing can go on with the run. */
  readonly origin: JsonObject | undefined;
  readonly base: Base | undefined;
  /** Commands and provisioners that need not run again, in their order. */
  readonly done: readonly DoneWork[];
  /** Once there is one, what else it has left is only to be taken down. */
  readonly product: Product | undefined;
  /** The copies that it is to have in other regions; undefined where none were asked for. */
  readonly copies: CopyWish | undefined;
  /** The regions that have one. */
  readonly copied: readonly string[];
  /** Files and folders of ours that may still be in the image. */
  readonly loans: readonly RecordedLoan[];
  readonly lastSeq: number;
  readonly outcome: string | undefined;
  /** Where the last whole line ends; what is behind it a crash has cut short. */
  readonly length: number;
  /** When the file was last written, in milliseconds since the epoch. */
  readonly writtenAt: number;
}

/** More than any build writes; a file of that size is something else. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/**
 * Reads a journal. A last line without its end is what a crash leaves, and is passed over: what it would have announced
 * was not begun. Anything else that is not as we write it is refused, since what is not understood would be forgotten.
 * @throws {JournalError} that says what is wrong, and in which line
 */
export function readJournal(path: string): RunRecord {
  if (!lstatSync(path).isFile()) throw damaged(path, "it is not a plain file");
  const fd = openFile(path);
  try {
    return readOpenJournal(path, fd);
  } finally {
    closeSync(fd);
  }
}

/** The same for a journal that is open. */
export function readOpenJournal(path: string, fd: number): RunRecord {
  const stats = fstatSync(fd);
  if (!stats.isFile()) throw damaged(path, "it is not a plain file");
  if (stats.size > LARGEST_BYTES) throw damaged(path, `it has ${stats.size} bytes`);
  return { ...parseJournal(path, readFileSync(`/proc/self/fd/${fd}`)), writtenAt: stats.mtimeMs };
}

/**
 * The same for a copy that another machine has.
 * @param what What it is called in messages
 * @param writtenAt Nothing that it names was made later, by the clock of the reader
 */
export function readJournalCopy(what: string, text: string, writtenAt: number): RunRecord {
  return { ...parseJournal(what, Buffer.from(text)), writtenAt };
}

function parseJournal(path: string, bytes: Buffer): Omit<RunRecord, "writtenAt"> {
  const length = bytes.lastIndexOf("\n") + 1;
  const [first, ...rest] = bytes.toString("utf8", 0, length).split("\n").slice(0, -1);
  if (first === undefined) throw damaged(path, "its first line is cut short");
  const header = inLine(path, 1, () => asHeader(parseEntry(first)));
  const fold = new Fold();
  for (const [index, line] of rest.entries()) inLine(path, index + 2, () => fold.add(parseEntry(line)));
  return { header, ...fold.result, length };
}

function asHeader(entry: JournalEntry): RunHeader {
  if (entry.type !== "run") throw new Error(`it should name the run, and is of the type "${entry.type}"`);
  const { type: _type, format: _format, ...header } = entry;
  return header;
}

/** What the entries of a journal come to. */
class Fold {
  readonly #open = new Map<number, OpenResource>();
  #sandbox: RunRecord["sandbox"];
  #root: RunRecord["root"];
  #origin: JsonObject | undefined;
  #base: Base | undefined;
  #done: readonly DoneWork[] = [];
  readonly #loans = new Map<string, RecordedLoan>();
  #product: Product | undefined;
  #copies: CopyWish | undefined;
  readonly #copied: ProductCopy[] = [];
  #outcome: string | undefined;
  #lastSeq = 0;

  get result() {
    return {
      resources: [...this.#open.values()],
      sandbox: this.#sandbox,
      root: this.#root,
      origin: this.#origin,
      base: this.#base,
      done: this.#done,
      product: this.#product && { ...this.#product, ...(this.#copied.length > 0 && { copies: this.#copied }) },
      copies: this.#copies,
      copied: this.#copied.map(({ region }) => region),
      loans: [...this.#loans.values()],
      outcome: this.#outcome,
      lastSeq: this.#lastSeq,
    };
  }

  /** @throws {Error} when the entry does not follow from those before it */
  add(entry: JournalEntry): void {
    if (entry.type === "run") throw new Error("it names the run a second time");
    else if (entry.type === "intent") this.#announce(entry);
    else if (entry.type === "result") this.#change(entry.seq, (known) => ({ ...known, id: entry.id }));
    else if (entry.type === "facts") this.#change(entry.seq, (known) => withFacts(known, entry.facts));
    else if (entry.type === "released") this.#close([entry.seq]);
    else if (entry.type === "kept") this.#keep(entry.seqs);
    else if (entry.type === "sandbox") this.#sandbox = entry;
    else if (entry.type === "root") this.#root = { partition: entry.partition, mountOptions: entry.mountOptions };
    else if (entry.type === "origin") this.#origin = entry.origin;
    else if (entry.type === "base") this.#base = entry.base;
    else if (entry.type === "copies") this.#copies = entry.copies;
    else if (entry.type === "done") this.#finish(entry);
    else if (entry.type === "lent") this.#loans.set(entry.loan.path, entry.loan);
    else if (entry.type === "returned") this.#loans.delete(entry.path);
    else this.#outcome = entry.outcome;
  }

  #keep(seqs: readonly number[]): void {
    const kept = seqs.flatMap((seq) => this.#open.get(seq) ?? []);
    const idsOf = (name: string) => kept.flatMap(({ kind, id }) => (kind === name && id !== undefined ? [id] : []));
    const image = kept.findLast(({ kind }) => kind === imageKind.name);
    if (image !== undefined) {
      const snapshotIds = idsOf(snapshotKind.name);
      this.#product = { imageId: image.id ?? "", name: String(image.intent.name), snapshotIds };
    }
    // Each copy is kept by itself.
    const copy = kept.find(({ kind }) => kind === regionImageKind.name);
    if (copy !== undefined) {
      const { region, accountId } = regionImageKind.intent.parse(copy.intent).place;
      const snapshotIds = idsOf(regionSnapshotKind.name);
      this.#copied.push({ region, accountId, imageId: copy.id ?? "", snapshotIds });
    }
    this.#close(seqs);
  }

  #finish({ type: _type, ...work }: Extract<JournalEntry, { type: "done" }>): void {
    const isBefore = ({ part, number }: DoneWork) => part !== work.part || number < work.number;
    this.#done = [...this.#done.filter(isBefore), work];
  }

  #announce({ seq, kind, intent }: Extract<JournalEntry, { type: "intent" }>): void {
    if (seq <= this.#lastSeq) throw new Error(`it announces ${seq} after ${this.#lastSeq}`);
    this.#lastSeq = seq;
    this.#open.set(seq, { seq, kind, intent, id: undefined, facts: {}, recorded: recordOf(kind, intent) });
  }

  #change(seq: number, change: (known: OpenResource) => OpenResource): void {
    this.#assertAnnounced(seq);
    const known = this.#open.get(seq);
    if (known !== undefined) this.#open.set(seq, change(known));
  }

  #close(seqs: readonly number[]): void {
    for (const seq of seqs) {
      this.#assertAnnounced(seq);
      this.#open.delete(seq);
    }
  }

  /** What is gone already may be spoken of again; what was never there, not. */
  #assertAnnounced(seq: number): void {
    if (seq > this.#lastSeq) throw new Error(`it speaks of ${seq}, which was not announced`);
  }
}

/** @throws {Error} when they are none of its kind */
function withFacts(known: OpenResource, facts: JsonObject): OpenResource {
  return { ...known, facts: { ...known.facts, ...facts }, recorded: known.recorded.noting(facts) };
}

function inLine<T>(path: string, line: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw damaged(path, `line ${line}: ${messageOf(error)}`);
  }
}

function damaged(path: string, problem: string): JournalError {
  const hint = "The file is left as it is. Remove what it names by hand, then delete it";
  return new JournalError(`The journal "${path}" cannot be used: ${problem}`, { hint });
}
