import type { RecordedCall, RecordedPhase, RunRecord } from "./run-record.ts";

/** One part of the critical path: what the run was waiting for at that time. */
export interface PathPart {
  /** `own`: neither the service nor a provisioner was waited for; its name is the step, or empty between steps. */
  readonly kind: "wait" | "call" | "provisioner" | "own";
  readonly name: string;
  /** Milliseconds since the run began. */
  readonly startMs: number;
  readonly elapsedMs: number;
  /** Of a wait: so long at most it went on after it could have ended. */
  readonly lateMs: number;
}

/** Where the time of a run went. The parts cover it without gaps, in order. */
export interface CriticalPath {
  readonly totalMs: number;
  readonly parts: readonly PathPart[];
  /** Waits and provisioners that went on beside the path: nothing would have ended earlier without them. */
  readonly beside: readonly PathPart[];
  readonly sums: {
    /** For the service, without what was too long. */
    readonly waitMs: number;
    readonly lateMs: number;
    readonly callMs: number;
    readonly provisionerMs: number;
    readonly ownMs: number;
  };
}

/** What ends no later than this after the next thing has begun, in milliseconds, came before it: clocks are read one after the other. */
const TOUCHING_MS = 1;

/**
 * The critical path of a run, from its record: from the end back to the beginning, at each time what had ended last. A
 * wait that the run gave up did not hold up its end, and is not on it.
 */
export function criticalPath(record: Pick<RunRecord, "phases" | "apiCalls" | "elapsedMs" | "outcome">): CriticalPath {
  const { elapsedMs: totalMs } = record;
  const activities = activitiesOf(record);
  const steps = record.phases.filter(({ kind }) => kind === "step");
  const parts: PathPart[] = [];
  let until = totalMs;
  while (until > 0) {
    const last = lastBefore(activities, until);
    const from = last === undefined ? 0 : Math.min(until, endOf(last));
    parts.unshift(...ownParts(steps, from, until));
    if (last === undefined) break;
    const startMs = Math.max(0, last.startMs);
    const elapsedMs = from - startMs;
    parts.unshift({ ...last, startMs, elapsedMs, lateMs: Math.min(last.lateMs, elapsedMs) });
    until = startMs;
  }
  const onPath = new Set(parts.map(keyOf));
  const beside = activities.filter((activity) => activity.kind !== "call" && !onPath.has(keyOf(activity)));
  return { totalMs, parts, beside: beside.toSorted((a, b) => a.startMs - b.startMs), sums: sumsOf(parts) };
}

function activitiesOf({ phases, apiCalls, outcome }: Pick<RunRecord, "phases" | "apiCalls" | "outcome">): PathPart[] {
  const held = phases.filter(
    ({ kind, outcome: ended }) => kind !== "step" && (ended !== "cancelled" || outcome !== "done"),
  );
  return [...held.map(partOfPhase), ...apiCalls.map(partOfCall)];
}

function partOfPhase({ kind, name, startMs, elapsedMs, lateMs = 0 }: RecordedPhase): PathPart {
  return { kind: kind === "wait" ? "wait" : "provisioner", name, startMs, elapsedMs, lateMs };
}

/** A row of reads has the time of all of them: what was between them is a wait of its own. */
function partOfCall({ action, startMs, elapsedMs }: RecordedCall): PathPart {
  return { kind: "call", name: action, startMs, elapsedMs, lateMs: 0 };
}

/** What ended last before this time; of two that ended at once, the longer one, which the other was a part of. */
function lastBefore(activities: readonly PathPart[], untilMs: number): PathPart | undefined {
  let last: PathPart | undefined;
  for (const activity of activities) {
    if (activity.startMs >= untilMs || endOf(activity) > untilMs + TOUCHING_MS) continue;
    const laterMs = last === undefined ? Number.POSITIVE_INFINITY : endOf(activity) - endOf(last);
    if (laterMs > 0 || (laterMs === 0 && activity.startMs < (last?.startMs ?? 0))) last = activity;
  }
  return last;
}

/** What the program itself did between two times, step by step. */
function ownParts(steps: readonly RecordedPhase[], fromMs: number, untilMs: number): PathPart[] {
  const cuts = steps.flatMap(({ startMs, elapsedMs }) => [startMs, startMs + elapsedMs]);
  const times = [fromMs, ...cuts.filter((ms) => ms > fromMs && ms < untilMs), untilMs].toSorted((a, b) => a - b);
  const parts: PathPart[] = [];
  for (const [index, startMs] of times.slice(0, -1).entries()) {
    const elapsedMs = (times[index + 1] ?? startMs) - startMs;
    if (elapsedMs <= 0) continue;
    const name = stepAt(steps, startMs + elapsedMs / 2);
    const before = parts.at(-1);
    if (before?.name === name) parts[parts.length - 1] = { ...before, elapsedMs: before.elapsedMs + elapsedMs };
    else parts.push({ kind: "own", name, startMs, elapsedMs, lateMs: 0 });
  }
  return parts;
}

/** The step that ran at this time, the innermost of several; empty between steps. */
function stepAt(steps: readonly RecordedPhase[], ms: number): string {
  const running = steps.filter(({ startMs, elapsedMs }) => startMs <= ms && ms <= startMs + elapsedMs);
  return running.toSorted((a, b) => b.startMs - a.startMs)[0]?.name ?? "";
}

function sumsOf(parts: readonly PathPart[]): CriticalPath["sums"] {
  const sum = (kind: PathPart["kind"]) =>
    parts.filter((part) => part.kind === kind).reduce((total, { elapsedMs }) => total + elapsedMs, 0);
  const lateMs = parts.reduce((total, part) => total + part.lateMs, 0);
  return {
    waitMs: sum("wait") - lateMs,
    lateMs,
    callMs: sum("call"),
    provisionerMs: sum("provisioner"),
    ownMs: sum("own"),
  };
}

function endOf({ startMs, elapsedMs }: PathPart): number {
  return startMs + elapsedMs;
}

function keyOf({ kind, name, startMs }: PathPart): string {
  return `${kind} ${name} ${startMs}`;
}
