import { hasJournal } from "../builder/journal/runs.ts";
import { recordedAt, recordedRuns, removeRecord } from "./history-folder.ts";

/** How much of the past is kept. */
export interface HistoryLimits {
  /** So many records; 0 keeps none. */
  readonly runs: number;
  /** In milliseconds. */
  readonly ageMs: number;
}

/**
 * Removes the oldest records until the limits hold. That of a run which still has a journal stays, whatever its age: it is
 * alive, or has left something that `cleanup` has not taken down.
 * @returns the runs whose records are gone
 */
export function pruneRecords(stateFolder: string, { runs, ageMs }: HistoryLimits, now: number): string[] {
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
