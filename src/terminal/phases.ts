import type { BuildEvent, StepName } from "../builder/events.ts";
import { inSeconds } from "./elapsed.ts";

/** How long a step took. A step that was tried again is there twice. */
export interface Phase {
  readonly step: StepName;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly elapsedMs: number;
  readonly outcome: "done" | "failed" | "cancelled";
}

/** The phase that an event closes, if it does. */
export function phaseOf(event: BuildEvent): Phase | undefined {
  if (event.type !== "step-ended") return undefined;
  const { step, at, elapsedMs, outcome } = event;
  return { step, startedAt: at - elapsedMs, elapsedMs, outcome };
}

/** Steps that had nothing to do say nothing. */
const NOTHING_MS = 5;

/** The closing table: the steps in their order, and how long each took. */
export function phaseTable(phases: readonly Phase[], totalMs: number): string {
  const rows = phases
    .filter(({ elapsedMs, outcome }) => elapsedMs >= NOTHING_MS || outcome !== "done")
    .sort((a, b) => a.startedAt - b.startedAt)
    .map(
      ({ step, elapsedMs, outcome }) => [step, inSeconds(elapsedMs), outcome === "done" ? "" : `  ${outcome}`] as const,
    );
  const all = [...rows, ["in all", inSeconds(totalMs), ""] as const];
  const left = Math.max(...all.map(([step]) => step.length));
  const right = Math.max(...all.map(([, time]) => time.length));
  return all.map(([step, time, note]) => `${step.padEnd(left)}  ${time.padStart(right)}${note}`).join("\n");
}
