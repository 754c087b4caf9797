import { criticalPath, type PathPart } from "../history/critical-path.ts";
import type { RunRecord } from "../history/run-record.ts";
import { inSeconds } from "../terminal/elapsed.ts";
import { html, type Section, table } from "./markup.ts";

/** Shorter parts of the path are in the sums alone. */
const NOTHING_MS = 5;

/** What the run was waiting for at each time, and what made no difference. */
export function criticalPathSection(record: RunRecord): Section {
  const { totalMs, parts, beside, sums } = criticalPath(record);
  const share = (ms: number) => `${((100 * ms) / Math.max(1, totalMs)).toFixed(1)} %`;
  const figures: readonly (readonly [number, string])[] = [
    [sums.waitMs, "waiting for the service"],
    [sums.lateMs, "waiting too long, at most"],
    [sums.callMs, "other API calls"],
    [sums.provisionerMs, "provisioners"],
    [sums.ownMs, "the build's own work"],
  ];
  const rows = parts
    .filter(({ elapsedMs }) => elapsedMs >= NOTHING_MS)
    .map((part) => [...cellsOf(part), part.lateMs === 0 ? "" : inSeconds(part.lateMs)]);
  const body = html`
<p>What had to end before the run could go on. The parts follow each other and make up its whole time.</p>
<ul class="figures">${figures.map(([ms, name]) => html`<li><strong>${inSeconds(ms)}</strong><span>${name}, ${share(ms)}</span></li>`)}</ul>
${table("The critical path", ["What", "Name", "Began at", "Took", "Too long, at most"], rows, [2, 3, 4])}
${beside.length === 0 ? "" : table("Beside it", ["What", "Name", "Began at", "Took"], beside.map(cellsOf), [2, 3])}`;
  return { id: "critical-path", title: "Critical path", body };
}

function cellsOf({ kind, name, startMs, elapsedMs }: PathPart): string[] {
  const what = kind === "own" ? "own work" : kind;
  return [what, name === "" ? "between steps" : name, inSeconds(startMs), inSeconds(elapsedMs)];
}
