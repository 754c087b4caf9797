import type { Phase } from "../builder/phase.ts";
import { inSeconds } from "./elapsed.ts";

/** Steps that had nothing to do say nothing. */
const NOTHING_MS = 5;

/** The closing table: the steps in their order, with their provisioners below them, and how long each took. */
export function phaseTable(phases: readonly Phase[], totalMs: number): string {
  const rows = phases
    .filter(({ elapsedMs, outcome }) => elapsedMs >= NOTHING_MS || outcome !== "done")
    .sort((a, b) => a.startedAt - b.startedAt || depthOf(a) - depthOf(b))
    .map((phase) => [nameOf(phase), inSeconds(phase.elapsedMs), noteOf(phase)] as const);
  const all = [...rows, ["in all", inSeconds(totalMs), ""] as const];
  const left = Math.max(...all.map(([name]) => name.length));
  const right = Math.max(...all.map(([, time]) => time.length));
  return all.map(([name, time, note]) => `${name.padEnd(left)}  ${time.padStart(right)}${note}`).join("\n");
}

function depthOf({ provisioner }: Phase): number {
  return provisioner === undefined ? 0 : 1;
}

function nameOf({ step, provisioner }: Phase): string {
  return provisioner === undefined ? step : `  ${provisioner}`;
}

function noteOf({ outcome }: Phase): string {
  return outcome === "done" ? "" : `  ${outcome}`;
}
