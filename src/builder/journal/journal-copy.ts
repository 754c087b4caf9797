import type { JournalEntry } from "./entry.ts";

/** Where a journal is kept besides its own disk, so that another machine can take down what a lost one has made. */
export interface JournalCopy {
  /** Called for each entry as soon as it is written. */
  add(entry: JournalEntry): void;
  /**
   * Comes back when the copy has every entry.
   * @throws {ChrootError} when it cannot be known to have them
   */
  upToDate(): Promise<void>;
}
