import { closeSync, constants, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../common/errno.ts";
import { tryFlock } from "../host/flock.ts";
import { type RunRecord, readJournal } from "./journal.ts";
import { journalFolder } from "./run-folder.ts";

/** A run as its journal shows it. */
export interface Run {
  readonly path: string;
  readonly record: RunRecord;
}

/** Every run that has a journal, oldest first. A journal that holds nothing yet is passed over. */
export function listRuns(stateFolder: string): Run[] {
  const folder = journalFolder(stateFolder);
  const runs = listFolder(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => readRun(join(folder, name)));
  return runs.sort((a, b) => a.record.header.startedAt.localeCompare(b.record.header.startedAt));
}

/**
 * Takes hold of a dead run: a run is alive as long as its journal is locked, whatever its pid says.
 * @returns the open, locked journal, which the caller closes, or undefined for a live run
 */
export async function lockDeadRun({ path }: Run): Promise<number | undefined> {
  const fd = openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW);
  if (await tryFlock(fd)) return fd;
  closeSync(fd);
  return undefined;
}

/** Where other runs have, or had, their images mounted: our sandbox must not keep those busy. */
export async function mountPathsOfOtherRuns(stateFolder: string, runId: string): Promise<string[]> {
  const others = listRuns(stateFolder).filter(({ record }) => record.header.runId !== runId);
  return [...new Set(others.flatMap(({ record }) => record.sandbox?.mountPath ?? []))];
}

function readRun(path: string): Run[] {
  try {
    const record = readJournal(path);
    return record ? [{ path, record }] : [];
  } catch (error) {
    // A run that ended meanwhile took its journal with it.
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
