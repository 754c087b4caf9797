import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { isErrno } from "../common/errno.ts";
import { messageOf } from "../common/errors.ts";
import { listFolder } from "../common/list-folder.ts";
import { PARSED_ONCE } from "../common/parsed-once.ts";
import { writeWholeFile } from "../common/whole-file.ts";
import { maskedJson } from "../terminal/masked-json.ts";
import { RecordError } from "./record-error.ts";
import { RECORD_FORMAT, type RunRecord, runRecordSchema } from "./run-record.ts";

const ENDING = ".json";
const PARTIAL = ".part";
const RUN_ID = /^[0-9a-f]{12}$/;
/** More than any record has; a file of that size is something else. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/** A file that says nothing that can be shown. */
export interface UnreadableRecord {
  readonly runId: string;
  readonly problem: string;
}

export interface FoundRecords {
  /** Newest first. */
  readonly records: readonly RunRecord[];
  readonly unreadable: readonly UnreadableRecord[];
}

/** Where records lie, beside `runs/` with the journals. Only root can read them. */
function historyFolder(stateFolder: string): string {
  return join(stateFolder, "history");
}

export function recordPath(stateFolder: string, runId: string): string {
  return join(historyFolder(stateFolder), `${runId}${ENDING}`);
}

/** Writes a record, whole or not at all, its texts masked. */
export async function writeRecord(stateFolder: string, record: RunRecord): Promise<void> {
  mkdirSync(historyFolder(stateFolder), { recursive: true, mode: 0o700 });
  const path = recordPath(stateFolder, record.runId);
  await writeWholeFile(path, `${maskedJson(record)}\n`, { partial: `${path}${PARTIAL}` });
}

/** Removes what runs that were killed while they wrote have left, if it is older than a time in milliseconds since the epoch. */
export function removeHalfRecords(stateFolder: string, before: number): void {
  const folder = historyFolder(stateFolder);
  for (const name of listFolder(folder).filter((each) => each.endsWith(`${ENDING}${PARTIAL}`))) {
    const stats = lstatSync(join(folder, name), { throwIfNoEntry: false });
    if (stats !== undefined && stats.mtimeMs < before) rmSync(join(folder, name), { force: true });
  }
}

/** Every record, and what lies there and is none. */
export function readRecords(stateFolder: string): FoundRecords {
  const records: RunRecord[] = [];
  const unreadable: UnreadableRecord[] = [];
  for (const runId of recordedRuns(stateFolder)) {
    try {
      const record = readRecord(stateFolder, runId);
      if (record !== undefined) records.push(record);
    } catch (error) {
      unreadable.push({ runId, problem: messageOf(error) });
    }
  }
  records.sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  return { records, unreadable };
}

/**
 * @returns undefined when there is none of that run
 * @throws {RecordError} when it is no record, or a newer one; {Error} when the system refuses
 */
export function readRecord(stateFolder: string, runId: string): RunRecord | undefined {
  const path = recordPath(stateFolder, runId);
  const text = readFile(path);
  if (text === undefined) return undefined;
  const data = parseJson(path, text);
  const format = typeof data === "object" && data !== null && "formatVersion" in data ? data.formatVersion : undefined;
  if (typeof format === "number" && format > RECORD_FORMAT) {
    const message = `The record "${path}" was written by a newer version of this program`;
    throw new RecordError(message, { hint: "Show it with that one" });
  }
  const parsed = runRecordSchema.safeParse(data, PARSED_ONCE);
  if (!parsed.success) throw damaged(path, parsed.error.issues[0]?.path.join(".") || "it is no record");
  return parsed.data;
}

function damaged(path: string, why: string, cause?: unknown): RecordError {
  const hint = `outscale-chroot runs rm ${basename(path, ENDING)} removes it`;
  return new RecordError(`The record "${path}" is damaged: ${why}`, { cause, hint });
}

/** @returns false when there was none */
export function removeRecord(stateFolder: string, runId: string): boolean {
  try {
    rmSync(recordPath(stateFolder, runId));
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}

/** The ids of the runs that have a record, in no order. */
export function recordedRuns(stateFolder: string): string[] {
  return listFolder(historyFolder(stateFolder)).flatMap((name) => {
    const runId = name.slice(0, -ENDING.length);
    return name.endsWith(ENDING) && RUN_ID.test(runId) ? [runId] : [];
  });
}

/** When a record was written, in milliseconds since the epoch; undefined when it is gone. */
export function recordedAt(stateFolder: string, runId: string): number | undefined {
  return lstatSync(recordPath(stateFolder, runId), { throwIfNoEntry: false })?.mtimeMs;
}

function readFile(path: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile() || stats.size > LARGEST_BYTES) throw new RecordError(`"${path}" is no record of a run`);
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(path, messageOf(cause), cause);
  }
}
