import { type CriticalPath, criticalPath, type PathPart } from "../../history/critical-path.ts";
import type { RunRecord } from "../../history/run-record.ts";
import { inSeconds } from "../../terminal/elapsed.ts";
import { tableText } from "./table.ts";

/** Shorter parts of the path are in the sums alone. */
const NOTHING_MS = 5;

/** Where the time of a run went: sums, its critical path, and what went on beside it. */
export function timingText(record: RunRecord): string {
  const path = criticalPath(record);
  return [sums(path), pathTable(path), besideTable(path)].filter((part) => part !== "").join("\n");
}

function sums({ totalMs, sums: { waitMs, lateMs, callMs, provisionerMs, ownMs } }: CriticalPath): string {
  const rows: readonly (readonly [string, number])[] = [
    ["waiting for the service", waitMs],
    ["waiting too long, at most", lateMs],
    ["other API calls", callMs],
    ["provisioners", provisionerMs],
    ["the build's own work", ownMs],
    ["in all", totalMs],
  ];
  const cells = rows.map(([name, ms]) => [name, inSeconds(ms), `${((100 * ms) / Math.max(1, totalMs)).toFixed(1)} %`]);
  return tableText(["WHERE THE TIME WENT", "TOOK", "SHARE"], cells);
}

function pathTable({ parts }: CriticalPath): string {
  const rows = parts
    .filter(({ elapsedMs }) => elapsedMs >= NOTHING_MS)
    .map((part) => [nameOf(part), inSeconds(part.startMs), inSeconds(part.elapsedMs), lateText(part)]);
  return tableText(["CRITICAL PATH", "AT", "TOOK", "TOO LONG, AT MOST"], rows);
}

function besideTable({ beside }: CriticalPath): string {
  if (beside.length === 0) return "";
  const rows = beside.map((part) => [nameOf(part), inSeconds(part.startMs), inSeconds(part.elapsedMs)]);
  return tableText(["BESIDE IT", "AT", "TOOK"], rows);
}

function nameOf({ kind, name }: PathPart): string {
  if (kind === "own") return name === "" ? "own work between steps" : `own work in ${name}`;
  return kind === "wait" ? `wait for ${name}` : name;
}

function lateText({ lateMs }: PathPart): string {
  return lateMs === 0 ? "" : inSeconds(lateMs);
}
