import { closeSync, lstatSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../../common/errno.ts";
import { messageOf } from "../../common/errors.ts";
import { listFolder } from "../../common/list-folder.ts";
import { tryFlock } from "../../host/flock.ts";
import { JournalError } from "./journal-error.ts";
import { isAt, openFile } from "./journal-file.ts";
import { type RunRecord, readJournal, readOpenJournal } from "./read-journal.ts";
import { deletionFolder, journalFolder } from "./run-id.ts";

/** A run as its journal shows it. */
export interface Run {
  readonly path: string;
  readonly record: RunRecord;
}

/** A journal that says nothing we may act on. It stays where it is, and is in nobody's way. */
export interface UnusableJournal {
  readonly path: string;
  /** What its file name says. */
  readonly runId: string;
  readonly problem: string;
}

/** What is in the folder of the journals. */
export interface FoundRuns {
  /** Oldest first. */
  readonly runs: readonly Run[];
  readonly unusable: readonly UnusableJournal[];
  /** Files of runs that were killed before they had begun anything: their journals are empty, or were never in place. */
  readonly stillborn: readonly string[];
}

const ENDING = ".jsonl";
/** A journal before its first entry is on disk. */
export const UNBORN_ENDING = ".new";

/** Looks through the journals. One that is damaged, or is no journal, says nothing about the others. */
export function findRuns(stateFolder: string): FoundRuns {
  const folder = journalFolder(stateFolder);
  const runs: Run[] = [];
  const unusable: UnusableJournal[] = [];
  const stillborn: string[] = [];
  for (const name of listFolder(folder)) {
    const path = join(folder, name);
    const isUnborn = name.endsWith(UNBORN_ENDING);
    if (!isUnborn && !name.endsWith(ENDING)) continue;
    if (isPlainFile(path, isUnborn ? undefined : 0)) stillborn.push(path);
    else sort(path, name.slice(0, name.lastIndexOf(".")), runs, unusable);
  }
  runs.sort((a, b) => a.record.header.startedAt.localeCompare(b.record.header.startedAt));
  return { runs, unusable, stillborn };
}

/**
 * The runs that ended well before what they have deleted was seen to be gone. The service has accepted each deletion; it
 * may still give one up, so somebody has to look: the next build of the account, or `cleanup`.
 */
export function findDeletions(stateFolder: string): readonly Run[] {
  const folder = deletionFolder(stateFolder);
  const runs: Run[] = [];
  for (const name of listFolder(folder)) {
    // What cannot be used is left as it is: nothing was left to do with it.
    if (name.endsWith(ENDING)) sort(join(folder, name), name.slice(0, -ENDING.length), runs, []);
  }
  return runs;
}

/** Whether a run is alive or has left something: its journal is there. */
export function hasJournal(stateFolder: string, runId: string): boolean {
  return lstatSync(join(journalFolder(stateFolder), `${runId}${ENDING}`), { throwIfNoEntry: false }) !== undefined;
}

/** A dead run, held: nobody else takes it down, or goes on with it, meanwhile. */
export class HeldRun implements Run, Disposable {
  readonly path: string;
  readonly record: RunRecord;
  #fd: number | undefined;

  constructor(path: string, fd: number, record: RunRecord) {
    this.path = path;
    this.#fd = fd;
    this.record = record;
  }

  /** The open, locked journal, which is the caller's to close from now on. */
  take(): number {
    if (this.#fd === undefined) throw new Error(`The journal "${this.path}" was taken before`);
    const fd = this.#fd;
    this.#fd = undefined;
    return fd;
  }

  /** Lets go of the run, unless somebody has taken its journal. */
  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.take());
  }
}

/**
 * Takes hold of a dead run: a run is alive as long as its journal is locked, whatever its pid says. It may have gone on
 * since it was listed, so it is read again.
 * @returns undefined for a live run, and for one that has ended meanwhile
 * @throws {JournalError} when the journal cannot be used
 */
export async function holdDeadRun({ path }: Pick<Run, "path">): Promise<HeldRun | undefined> {
  const fd = await lockFile(path);
  if (fd === undefined) return undefined;
  try {
    return new HeldRun(path, fd, readOpenJournal(path, fd));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Whether a run's process still lives. One whose journal cannot be read counts as dead. */
export async function isAlive(run: Pick<Run, "path">): Promise<boolean> {
  const fd = await lockFile(run.path);
  if (fd === undefined) return lstatSync(run.path, { throwIfNoEntry: false }) !== undefined;
  closeSync(fd);
  return false;
}

/** Removes the file of a run that died before it had begun anything. @returns false while it is alive */
export async function removeStillborn(path: string): Promise<boolean> {
  const fd = await lockFile(path);
  if (fd === undefined) return false;
  unlinkSync(path);
  closeSync(fd);
  return true;
}

/** Where other runs have, or had, their images mounted: our sandbox must not keep those busy. */
export function mountPathsOfOtherRuns(stateFolder: string, runId: string): string[] {
  const others = findRuns(stateFolder).runs.filter(({ record }) => record.header.runId !== runId);
  return [...new Set(others.flatMap(({ record }) => record.sandbox?.mountPath ?? []))];
}

function sort(path: string, runId: string, runs: Run[], unusable: UnusableJournal[]): void {
  try {
    const record = readJournal(path);
    if (record.header.runId !== runId) throw new JournalError(`it is the journal of ${record.header.runId}`);
    runs.push({ path, record });
  } catch (error) {
    // A run that ended meanwhile took its journal with it.
    if (!isErrno(error, "ENOENT")) unusable.push({ path, runId, problem: messageOf(error) });
  }
}

async function lockFile(path: string): Promise<number | undefined> {
  let fd: number;
  try {
    fd = openFile(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
  if ((await tryFlock(fd)) && isAt(path, fd)) return fd;
  closeSync(fd);
  return undefined;
}

function isPlainFile(path: string, size: number | undefined): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true && (size === undefined || stats.size === size);
}
