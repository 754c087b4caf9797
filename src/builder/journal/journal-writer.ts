import { messageOf } from "../../common/errors.ts";
import type { DebugLog } from "../../common/log.ts";
import type { JournalEntry } from "./entry.ts";
import type { JournalCopy } from "./journal-copy.ts";
import type { JournalFile } from "./journal-file.ts";
import { HEADROOM_BYTES, lineOf } from "./start-journal.ts";

/** What has happened. */
interface Told {
  readonly entry: JournalEntry;
  /** It may reach the disk later. */
  readonly isLazy: boolean;
}

export interface WriterOptions {
  readonly log: DebugLog;
  /** Told what a person must know, when the disk fails: nothing is thrown for what has happened already. */
  readonly onTrouble: (message: string) => void;
  readonly copy?: JournalCopy | undefined;
}

/**
 * Writes the entries of a journal in their order, and passes on what is written. An announcement that cannot be written is
 * thrown. What has happened already is kept in memory and written as soon as the disk takes it; nothing is announced before.
 */
export class JournalWriter {
  readonly #file: JournalFile;
  readonly #options: WriterOptions;
  /** What has happened and is not on disk. */
  readonly #unwritten: Told[] = [];

  constructor(file: JournalFile, options: WriterOptions) {
    this.#file = file;
    this.#options = options;
  }

  /**
   * Writes what announces something.
   * @throws {JournalError} when it is not on disk: then that may not be done
   */
  write(entry: JournalEntry): void {
    this.#writeUnwritten();
    this.#file.append(lineOf(entry), HEADROOM_BYTES);
    this.#report(entry);
  }

  /**
   * The same without standing still.
   * @throws {JournalError} at once when it cannot be written; later when it is not known to be on disk
   */
  writeAside(entry: JournalEntry): Promise<void> {
    this.#writeUnwritten();
    const synced = this.#file.appendAside(lineOf(entry), HEADROOM_BYTES);
    this.#report(entry);
    return synced;
  }

  /** Writes what has happened, now or as soon as the disk takes it. */
  tell(entry: JournalEntry, { isLazy = false } = {}): void {
    this.#unwritten.push({ entry, isLazy });
    const isNews = this.#unwritten.length === 1;
    try {
      this.#writeUnwritten();
    } catch (error) {
      if (isNews) this.#options.onTrouble(`${messageOf(error)}. The build goes on as far as it can without it`);
    }
  }

  /** Whether an entry of this type has not been written. */
  lacks(type: JournalEntry["type"]): boolean {
    return this.#unwritten.some(({ entry }) => entry.type === type);
  }

  #writeUnwritten(): void {
    for (let [told] = this.#unwritten; told !== undefined; [told] = this.#unwritten) {
      const line = lineOf(told.entry);
      if (told.isLazy) this.#file.appendLazily(line);
      else this.#file.append(line);
      this.#unwritten.shift();
      this.#report(told.entry);
    }
  }

  #report(entry: JournalEntry): void {
    this.#options.log.write({ kind: "journal", entry });
    this.#options.copy?.add(entry);
  }
}
