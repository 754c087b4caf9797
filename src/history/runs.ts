import { cleanupCommand } from "../builder/cleanup-command.ts";
import { findRuns, isAlive, type Run } from "../builder/journal/runs.ts";
import { UsageError } from "../common/errors.ts";
import { readRecord, readRecords, recordedRuns, removeRecord, type UnreadableRecord } from "./history-folder.ts";
import type { RunRecord } from "./run-record.ts";

/** A run of now or of the past, in a line. */
export interface RunSummary {
  readonly runId: string;
  readonly build: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** `running`: it is alive. `killed`: it died before its end. */
  readonly state: RunRecord["outcome"] | "running" | "killed";
  /** Null while it runs, and when it was killed. */
  readonly elapsedMs: number | null;
  /** The OMI that it made. */
  readonly imageId: string | null;
  /** Whether something of it is there that `cleanup` would take down. */
  readonly isUnclean: boolean;
}

export interface RunList {
  /** Newest first. */
  readonly runs: readonly RunSummary[];
  readonly unreadable: readonly UnreadableRecord[];
}

/** Every run that there is a record or a journal of. */
export async function listRuns(stateFolder: string): Promise<RunList> {
  const { records, unreadable } = readRecords(stateFolder);
  const journals = new Map<string, Run>(findRuns(stateFolder).runs.map((run) => [run.record.header.runId, run]));
  const finished = await Promise.all(records.map((record) => summaryOf(record, journals.get(record.runId))));
  const known = new Set(records.map(({ runId }) => runId));
  const others = [...journals.values()].filter(({ record }) => !known.has(record.header.runId));
  const runs = [...finished, ...(await Promise.all(others.map(summaryOfJournal)))];
  runs.sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  return { runs, unreadable };
}

/** @param journal Of a run that has left something, or goes on (`resume`) */
async function summaryOf(record: RunRecord, journal: Run | undefined): Promise<RunSummary> {
  const { runId, build, startedAt, outcome, elapsedMs, product } = record;
  const run = { runId, build, startedAt, imageId: product?.imageId ?? null };
  if (journal !== undefined && (await isAlive(journal)))
    return { ...run, state: "running", elapsedMs: null, isUnclean: false };
  return { ...run, state: outcome, elapsedMs, isUnclean: journal !== undefined };
}

async function summaryOfJournal(run: Run): Promise<RunSummary> {
  const { runId, buildName, startedAt } = run.record.header;
  const alive = await isAlive(run);
  const state = alive ? "running" : "killed";
  return { runId, build: buildName, startedAt, state, elapsedMs: null, imageId: null, isUnclean: !alive };
}

/**
 * The record of the one run whose id begins so.
 * @throws {UsageError} when there is none, or more than one
 */
export function findRecord(stateFolder: string, start: string): RunRecord {
  const record = readRecord(stateFolder, oneOf(recordedRuns(stateFolder), start, stateFolder));
  if (record === undefined) throw new UsageError(`The record of ${start} has just been removed`);
  return record;
}

/**
 * Removes the record of the one run whose id begins so.
 * @returns the run's id
 * @throws {UsageError} when there is none, or its journal is still there: it is alive, or has left something
 */
export function forgetRun(stateFolder: string, start: string, env: NodeJS.ProcessEnv = process.env): string {
  const journals = findRuns(stateFolder);
  const held = [
    ...journals.runs.map(({ record }) => record.header.runId),
    ...journals.unusable.map((one) => one.runId),
  ];
  const runId = oneOf([...new Set([...recordedRuns(stateFolder), ...held])], start, stateFolder);
  if (held.includes(runId)) {
    const hint = `Take it down with: ${cleanupCommand({ runId, stateFolder, env })}`;
    throw new UsageError(`The run ${runId} is alive, or has left something behind`, { hint });
  }
  removeRecord(stateFolder, runId);
  return runId;
}

function oneOf(runIds: readonly string[], start: string, stateFolder: string): string {
  const found = runIds.filter((runId) => runId.startsWith(start));
  const [first, ...others] = found;
  if (first === undefined) {
    const hint = "outscale-chroot runs list shows them";
    throw new UsageError(`There is no record of a run ${start} in "${stateFolder}"`, { hint });
  }
  if (others.length === 0) return first;
  throw new UsageError(`Several runs begin with "${start}": ${found.join(", ")}`, { hint: "Give more of its id" });
}
