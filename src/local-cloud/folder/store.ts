import { type FileHandle, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ignoreErrno } from "../../common/errno.ts";
import { LocalCloudError } from "../local-cloud-error.ts";
import type {
  BucketRecord,
  ExportTaskRecord,
  ImageRecord,
  ObjectRecord,
  PartRecord,
  SnapshotRecord,
  UploadRecord,
  Violation,
  VmRecord,
  VolumeRecord,
  VolumeTaskRecord,
} from "../records.ts";
import { writeStateFile } from "./state-folder.ts";

/** Everything the cloud remembers but the contents of disks and objects, and the accounts' keys. */
interface Tables {
  readonly volumes: VolumeRecord;
  readonly snapshots: SnapshotRecord;
  readonly images: ImageRecord;
  readonly vms: VmRecord;
  readonly volumeTasks: VolumeTaskRecord;
  readonly exportTasks: ExportTaskRecord;
  readonly violations: Violation;
  readonly buckets: BucketRecord;
  readonly objects: ObjectRecord;
  readonly uploads: UploadRecord;
  readonly parts: PartRecord;
}
type TableName = keyof Tables;
type Dump = { readonly [Name in TableName]: readonly Tables[Name][] };
const tableNames = [
  "volumes",
  "snapshots",
  "images",
  "vms",
  "volumeTasks",
  "exportTasks",
  "violations",
  "buckets",
  "objects",
  "uploads",
  "parts",
] as const satisfies readonly TableName[];

/** One change: the new record under its id, or null when it is gone. */
type Change = readonly [table: TableName, id: string, record: unknown];

interface Base {
  /** The number of the last journal line that is in `tables`. */
  readonly line: number;
  readonly tables: Readonly<Record<TableName, readonly { readonly id: string }[]>>;
}

/** After so many lines, or bytes, the journal is folded into the base. */
const MOST_LINES = 2_000;
const MOST_BYTES = 16 * 1024 * 1024;

/** The records of one kind. Reads see a change at once; it is on the disk when `Store.settled()` resolves. */
export class Table<Row extends { readonly id: string }> {
  readonly #rows = new Map<string, Row>();
  readonly #noteChange: (id: string, row: Row | null) => void;

  constructor(noteChange: (id: string, row: Row | null) => void) {
    this.#noteChange = noteChange;
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  values(): Row[] {
    return [...this.#rows.values()];
  }

  put(row: Row): void {
    this.#rows.set(row.id, row);
    this.#noteChange(row.id, row);
  }

  delete(id: string): void {
    if (this.#rows.delete(id)) this.#noteChange(id, null);
  }

  /** Takes over what was read from the disk, without noting it as a change. */
  load(id: string, row: Row | null): void {
    if (row === null) this.#rows.delete(id);
    else this.#rows.set(id, row);
  }
}

/**
 * The records, kept in `state.json` (a base, replaced as a whole) and `journal.jsonl` (what changed since, one line per
 * turn). Everything that one synchronous turn changes is in one line, and so it is there as a whole or not at all,
 * whenever the process is killed. An answer waits for `settled()`, so nothing that was acknowledged is lost.
 *
 * What cannot be written, as on a disk that is full, stays in memory, and whoever made it is told so. From then on the journal
 * may end in half a line, so what is written next is a whole base.
 */
export class Store {
  readonly volumes = this.#table<VolumeRecord>("volumes");
  readonly snapshots = this.#table<SnapshotRecord>("snapshots");
  readonly images = this.#table<ImageRecord>("images");
  readonly vms = this.#table<VmRecord>("vms");
  readonly volumeTasks = this.#table<VolumeTaskRecord>("volumeTasks");
  readonly exportTasks = this.#table<ExportTaskRecord>("exportTasks");
  readonly violations = this.#table<Violation>("violations");
  readonly buckets = this.#table<BucketRecord>("buckets");
  readonly objects = this.#table<ObjectRecord>("objects");
  readonly uploads = this.#table<UploadRecord>("uploads");
  readonly parts = this.#table<PartRecord>("parts");
  readonly #folder: string;
  #journal: FileHandle | undefined;
  #lastLine = 0;
  #linesSinceBase = 0;
  #bytesSinceBase = 0;
  /** By table and id: a record that one turn changes often is written once, as it is in the end. */
  #turn = new Map<string, Change>();
  #written: Promise<void> = Promise.resolve();
  /** A write that has not begun: it takes what is changed until then. */
  #isAwaited = false;
  #isClosed = false;
  #failure: unknown;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads what a folder holds, and drops a last journal line that was cut short: it was never acknowledged. */
  static async open(folder: string): Promise<Store> {
    const store = new Store(folder);
    await store.#read();
    await store.#writeBase();
    return store;
  }

  /** Whether nothing is in a folder's cloud: it is new, was emptied, or was killed before it had anything. */
  static async isEmpty(folder: string): Promise<boolean> {
    const store = new Store(folder);
    await store.#read();
    return tableNames.every((name) => store[name].values().length === 0);
  }

  /** Every record as it is now. */
  dump(): Dump {
    return {
      volumes: this.volumes.values(),
      snapshots: this.snapshots.values(),
      images: this.images.values(),
      vms: this.vms.values(),
      volumeTasks: this.volumeTasks.values(),
      exportTasks: this.exportTasks.values(),
      violations: this.violations.values(),
      buckets: this.buckets.values(),
      objects: this.objects.values(),
      uploads: this.uploads.values(),
      parts: this.parts.values(),
    };
  }

  /** Why the last change is not on the disk; undefined while all is well. */
  get failure(): unknown {
    return this.#failure;
  }

  /**
   * Resolves when every change made so far is on the disk. After a write that has failed it tries anew.
   * @throws {LocalCloudError} when it cannot be written
   */
  settled(): Promise<void> {
    if (this.#failure !== undefined && !this.#isClosed) this.#write();
    return this.#written;
  }

  /** What cannot be written even now is left: nobody was told that it is done. */
  async close(): Promise<void> {
    await this.settled().catch(() => undefined);
    this.#isClosed = true;
    await this.#journal?.close();
    this.#journal = undefined;
  }

  #table<Row extends { readonly id: string }>(name: TableName): Table<Row> {
    return new Table<Row>((id, row) => this.#note([name, id, row]));
  }

  #note(change: Change): void {
    this.#turn.set(`${change[0]} ${change[1]}`, change);
    this.#write();
  }

  /** Writes what has changed, after what is being written. */
  #write(): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    const write = () => this.#writeTurn();
    this.#written = this.#written.then(write, write);
    // Whoever waits for settled() is told; nobody may be waiting.
    this.#written.catch(() => undefined);
  }

  async #writeTurn(): Promise<void> {
    this.#isAwaited = false;
    const changes = [...this.#turn.values()];
    this.#turn = new Map();
    if (this.#isClosed) throw new Error("The store is closed");
    try {
      if (this.#failure === undefined) await this.#append(changes);
      else await this.#writeBase();
      this.#failure = undefined;
    } catch (cause) {
      this.#failure = cause;
      const message = "The local cloud cannot write to its disk, and keeps what was asked for until it can";
      throw new LocalCloudError(message, { cause });
    }
    // The base holds everything in memory: only a moment without an open turn gives a state that is acknowledged.
    const isLong = this.#linesSinceBase >= MOST_LINES || this.#bytesSinceBase >= MOST_BYTES;
    if (!isLong || this.#turn.size > 0) return;
    // These changes are on the disk; the next ones are told.
    await this.#writeBase().catch((error: unknown) => {
      this.#failure = error;
    });
  }

  async #append(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    if (this.#journal === undefined) throw new Error("The journal is not open");
    this.#lastLine++;
    this.#linesSinceBase++;
    const text = `${JSON.stringify({ line: this.#lastLine, changes })}\n`;
    this.#bytesSinceBase += Buffer.byteLength(text);
    await this.#journal.appendFile(text);
    await this.#journal.datasync();
  }

  async #writeBase(): Promise<void> {
    await writeStateFile(this.#path("state.json"), JSON.stringify({ line: this.#lastLine, tables: this.dump() }));
    await this.#journal?.close();
    this.#journal = undefined;
    this.#journal = await open(this.#path("journal.jsonl"), "w", 0o600);
    this.#linesSinceBase = 0;
    this.#bytesSinceBase = 0;
  }

  async #read(): Promise<void> {
    const base = await this.#readBase();
    for (const name of tableNames) for (const row of base?.tables[name] ?? []) this.#load([name, row.id, row]);
    this.#lastLine = base?.line ?? 0;
    const text = (await this.#readText("journal.jsonl")) ?? "";
    for (const line of text.split("\n").slice(0, -1)) {
      const entry: { line: number; changes: Change[] } = JSON.parse(line);
      // Killed between the new base and the new journal: the old lines are in the base already.
      if (entry.line <= this.#lastLine) continue;
      for (const change of entry.changes) this.#load(change);
      this.#lastLine = entry.line;
    }
  }

  async #readBase(): Promise<Base | undefined> {
    const text = await this.#readText("state.json");
    return text === undefined || text === "" ? undefined : JSON.parse(text);
  }

  async #readText(name: string): Promise<string | undefined> {
    return readFile(this.#path(name), "utf8").catch(ignoreErrno("ENOENT"));
  }

  #load([name, id, record]: Change): void {
    const table: { load(id: string, row: unknown): void } = this[name];
    table.load(id, record);
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}
