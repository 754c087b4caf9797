import type { Phase } from "../builder/phase.ts";
import { inSeconds } from "./elapsed.ts";

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
