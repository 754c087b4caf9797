import { closeSync, constants, fsyncSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../common/errors.ts";
import { tryFlock } from "../../host/flock.ts";
import { formatEntry, JOURNAL_FORMAT, type JournalEntry, parseEntry, type RunHeader } from "./entry.ts";
import { JournalError } from "./journal-error.ts";
import { createFile, type DiskCalls, isAt, JournalFile } from "./journal-file.ts";
import { UNBORN_ENDING } from "./runs.ts";

/** Room for what has to follow an intent: its result, facts and release, and those of everything that is open. */
export const HEADROOM_BYTES = 16 * 1024;
const CREATE_ATTEMPTS = 5;

export function journalPath(folder: string, runId: string): string {
  return join(folder, `${runId}.jsonl`);
}

/** Under another name until it is whole and locked: whoever finds a journal finds one that can be read. */
export async function startFile(path: string, header: RunHeader, disk: DiskCalls | undefined): Promise<JournalFile> {
  const unborn = path.replace(/\.jsonl$/, UNBORN_ENDING);
  for (let attempt = 1; attempt <= CREATE_ATTEMPTS; attempt++) {
    const fd = createFile(unborn);
    try {
      const file = new JournalFile(unborn, fd, disk);
      const [locked, reserved] = await Promise.allSettled([tryFlock(fd), file.reserve()]);
      for (const each of [locked, reserved]) if (each.status === "rejected") throw each.reason;
      // A clean-up may have found it before it was locked, and removed it as what a dead run left.
      if (locked.status === "fulfilled" && locked.value && isAt(unborn, fd)) {
        file.append(lineOf(headerEntry(header)), HEADROOM_BYTES);
        file.moveTo(path);
        return file;
      }
      closeSync(fd);
    } catch (error) {
      closeSync(fd);
      rmSync(unborn, { force: true });
      throw error;
    }
  }
  throw new JournalError(`Cannot start the journal "${path}": its file is removed again and again`);
}

export function headerEntry(header: RunHeader): JournalEntry {
  return { type: "run", format: JOURNAL_FORMAT, ...header };
}

/** A line that can be read again: what no reader would accept is not written either. */
export function lineOf(entry: JournalEntry): string {
  const line = formatEntry(entry);
  try {
    parseEntry(line);
    return line;
  } catch (error) {
    throw new JournalError(`The journal cannot hold this entry (${entry.type}): ${messageOf(error)}`);
  }
}

/** A new file is only sure to survive a power cut once its folder is on disk too. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
