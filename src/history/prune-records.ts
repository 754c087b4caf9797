import { hasJournal } from "../builder/journal/runs.ts";
import { recordedAt, recordedRuns, removeHalfRecords, removeRecord } from "./history-folder.ts";

/** How much of the past is kept. */
export interface HistoryLimits {
  /** So many records; 0 keeps none. */
  readonly runs: number;
  /** In milliseconds. */
  readonly ageMs: number;
}

/** By then a record that is being written is written, however slow the disk. */
const WRITTEN_MS = 24 * 60 * 60 * 1_000;

/**
 * Removes the oldest records until the limits hold. That of a run which still has a journal stays, whatever its age: it is
 * alive, or has left something that `cleanup` has not taken down.
 * @returns the runs whose records are gone
 */
export function pruneRecords(stateFolder: string, { runs, ageMs }: HistoryLimits, now: number): string[] {
  removeHalfRecords(stateFolder, now - WRITTEN_MS);
  const records = recordedRuns(stateFolder).flatMap((runId) => {
    const at = recordedAt(stateFolder, runId);
    return at === undefined ? [] : [{ runId, at }];
  });
  records.sort((a, b) => b.at - a.at);
  const old = records.filter(({ at }, index) => index >= runs || now - at > ageMs);
  return old
    .map(({ runId }) => runId)
    .filter((runId) => !hasJournal(stateFolder, runId) && removeRecord(stateFolder, runId));
}
