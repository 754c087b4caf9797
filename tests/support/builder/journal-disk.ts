import { fsync, fsyncSync, ftruncateSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import type { DiskCalls } from "../../../src/builder/journal/journal-file.ts";

/** This machine's disk, on which no space can be reserved, with the calls that a test has changed. */
export function journalDisk(changes: Partial<DiskCalls> = {}): DiskCalls {
  return {
    write: (fd, bytes, offset) => writeSync(fd, bytes, offset),
    sync: fsyncSync,
    syncAside: promisify(fsync),
    truncate: ftruncateSync,
    reserve: () => "unsupported",
    reserveAside: async () => "unsupported",
    ...changes,
  };
}
