import type { RecordedPhase } from "../history/run-record.ts";
import { inSeconds } from "../terminal/elapsed.ts";
import { html, type Markup, type Section, table } from "./markup.ts";

const BAR_CLASSES = { done: "", failed: " not-done", cancelled: " not-done", running: " going-on" } as const;

/** Steps that had nothing to do. */
const NOTHING_MS = 5;

const WIDTH = 1_000;
const LABELS = 330;
const TOOK = 120;
const CHART = WIDTH - LABELS - TOOK;
const ROW = 22;
const TOP = 26;
const LONGEST_LABEL = 46;
const SHORTEST_BAR = 2;
const MOST_TICKS = 9;

/** A phase of a run that has ended, or one that goes on. */
export type DrawnPhase = Omit<RecordedPhase, "outcome"> & { readonly outcome: RecordedPhase["outcome"] | "running" };

/** What a timeline is drawn of. */
export interface DrawnRun {
  readonly phases: readonly DrawnPhase[];
  readonly elapsedMs: number;
}

/** Steps, provisioners and waits over the time of a run. What is beside each other ran at the same time. */
export function timelineSection({ phases, elapsedMs }: DrawnRun): Section {
  const shown = phases
    .filter((phase) => phase.elapsedMs >= NOTHING_MS || phase.outcome !== "done")
    .toSorted((a, b) => a.startMs - b.startMs || depthOf(a) - depthOf(b));
  const left = phases.length - shown.length;
  const rows = shown.map(({ kind, name, startMs, elapsedMs: took, outcome }) => [
    kind,
    name,
    inSeconds(startMs),
    inSeconds(took),
    outcome,
  ]);
  const body = html`
${key()}
<div class="scroll" tabindex="0" role="region" aria-label="Timeline">${chart(shown, elapsedMs)}</div>
${left > 0 ? html`<p class="muted">${left} that took no time are left out.</p>` : ""}
<details><summary>The same as a table</summary>
${table("Steps, provisioners and waits", ["Kind", "Name", "Began at", "Took", "Outcome"], rows, [2, 3])}</details>`;
  return { id: "timeline", title: "Timeline", body };
}

function depthOf({ kind }: DrawnPhase): number {
  return kind === "step" ? 0 : 1;
}

function key(): Markup {
  const kinds = [
    ["step", "step"],
    ["provisioner", "provisioner"],
    ["wait", "wait for the service"],
  ] as const;
  const mark = (kind: string) =>
    html`<svg viewBox="0 0 12 12" aria-hidden="true"><rect class="${kind}" width="12" height="12" rx="2"></rect></svg>`;
  return html`<ul class="key">${kinds.map(([kind, text]) => html`<li>${mark(kind)}${text}</li>`)}</ul>`;
}

function chart(phases: readonly DrawnPhase[], totalMs: number): Markup {
  const height = TOP + phases.length * ROW + 6;
  const scale = CHART / Math.max(1, totalMs);
  const ticks = ticksOf(totalMs);
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="timeline-chart">
<title id="timeline-chart">${phases.length} steps, provisioners and waits over ${inSeconds(totalMs)}; the table below has them all</title>
${phases.map((_, row) =>
  row % 2 === 0 ? "" : html`<rect class="band" x="0" y="${TOP + row * ROW}" width="${WIDTH}" height="${ROW}"></rect>`,
)}
${ticks.map(
  (ms) => html`<line class="grid" x1="${at(ms)}" x2="${at(ms)}" y1="${TOP - 4}" y2="${height}"></line>
<text class="tick" x="${at(ms)}" y="14" text-anchor="middle">${tickText(ms)}</text>`,
)}
${phases.map((phase, row) => bar(phase, TOP + row * ROW))}
</svg>`;

  function at(ms: number): string {
    return (LABELS + ms * scale).toFixed(1);
  }

  function bar({ kind, name, startMs, elapsedMs, outcome }: DrawnPhase, y: number): Markup {
    const width = Math.max(SHORTEST_BAR, elapsedMs * scale).toFixed(1);
    const took = `${inSeconds(elapsedMs)}${outcome === "done" ? "" : ` ${outcome}`}`;
    const indent = kind === "step" ? 0 : 14;
    const label = kind === "step" ? "label-step" : "label-part";
    return html`<g><title>${kind} ${name}: ${took}, from ${inSeconds(startMs)}</title>
<text class="${label}" x="${indent}" y="${y + 15}">${shortened(name)}</text>
<rect class="${kind}${BAR_CLASSES[outcome]}" x="${at(startMs)}" y="${y + 4}" width="${width}" height="${ROW - 8}" rx="2"></rect>
<text class="took" x="${WIDTH}" y="${y + 15}" text-anchor="end">${took}</text></g>
`;
  }
}

/** Its end says more than its beginning: `.../web.pkr.hcl:12)`. */
function shortened(name: string): string {
  const letters = [...name];
  if (letters.length <= LONGEST_LABEL) return name;
  const [head] = name.split(" ");
  const tail = letters.slice(-(LONGEST_LABEL - (head?.length ?? 0) - 2)).join("");
  return head !== undefined && head.length < LONGEST_LABEL / 2
    ? `${head} …${tail}`
    : `…${letters.slice(1 - LONGEST_LABEL).join("")}`;
}

const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  1_800_000, 3_600_000, 7_200_000, 21_600_000,
];

function ticksOf(totalMs: number): number[] {
  const step = STEPS_MS.find((ms) => totalMs / ms <= MOST_TICKS) ?? totalMs;
  return Array.from({ length: Math.floor(totalMs / step) + 1 }, (_, index) => index * step);
}

function tickText(ms: number): string {
  if (ms === 0) return "0";
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 60_000) return `${ms / 1_000} s`;
  const [minutes, seconds] = [Math.floor(ms / 60_000), Math.round(ms / 1_000) % 60];
  return seconds === 0 ? `${minutes} min` : `${minutes}:${String(seconds).padStart(2, "0")}`;
}
