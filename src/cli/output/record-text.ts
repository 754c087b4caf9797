import { withoutControls } from "../../common/without-controls.ts";
import type { RecordedPhase, RunRecord } from "../../history/run-record.ts";
import { inSeconds, inWords } from "../../terminal/elapsed.ts";
import { tableText } from "./table.ts";

/** Steps that had nothing to do, and reads that were answered at once. */
const NOTHING_MS = 5;

/** A record for a person. */
export function recordText(record: RunRecord, { lines }: { readonly lines: boolean }): string {
  const parts = [
    facts(record),
    phases(record),
    record.apiCalls.length > 0 && calls(record),
    record.bootTest && bootTest(record.bootTest),
    left(record),
    record.warnings.length > 0 && `Warnings\n${record.warnings.map((text) => `  ${text}\n`).join("")}`,
    record.error && failure(record.error),
    lines && lastLines(record),
  ];
  return withoutControls(parts.filter((part) => typeof part === "string" && part !== "").join("\n"));
}

function facts({
  runId,
  build,
  outcome,
  startedAt,
  elapsedMs,
  program,
  template,
  account,
  ...rest
}: RunRecord): string {
  const { source, product, provenance, earlier, imageCheck } = rest;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["Run", `${runId}, ${build}`],
    ["Outcome", `${outcome} after ${inWords(elapsedMs)}`],
    ["Started", startedAt],
    ...earlier.map((attempt) => ["Before", describeAttempt(attempt)] as const),
    ["Template", `${template.path} (sha256 ${template.sha256.slice(0, 12)})`],
    ["Account", account ? `${account.accountId} in ${account.region}` : undefined],
    ["Source OMI", source ? `${source.imageId} ${source.imageName}, root ${source.snapshotId}` : undefined],
    ["OMI", product ? describeProduct(product) : undefined],
    ...(product?.copies ?? []).map(
      ({ region, imageId, snapshotIds }) => ["Copy", `${region} ${imageId}, of ${snapshotIds.join(", ")}`] as const,
    ),
    ["Image check", imageCheck ? `${imageCheck.findings.length} findings (${imageCheck.level})` : undefined],
    [
      "Provenance",
      provenance ? `${provenance.predicate.buildDefinition.resolvedDependencies?.length} inputs by digest` : undefined,
    ],
    ["Program", program],
  ];
  const given = rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return given.map(([name, value]) => `${name.padEnd(11)} ${value}\n`).join("");
}

function describeProduct({ imageId, imageName, snapshotIds, isReused }: NonNullable<RunRecord["product"]>): string {
  const made = `${imageId} ${imageName}, of ${snapshotIds.join(", ")}`;
  return isReused ? `${made}; made before, nothing has changed` : made;
}

/** Of a run that was resumed: what it had failed of. */
function describeAttempt({ startedAt, elapsedMs, outcome, step, error }: RunRecord["earlier"][number]): string {
  const where = step === null ? "" : ` in ${step}`;
  return `${outcome} after ${inWords(elapsedMs)}${where}, begun at ${startedAt}${error === null ? "" : `: ${error}`}`;
}

function phases(record: RunRecord): string {
  const shown = record.phases.filter(({ elapsedMs, outcome }) => elapsedMs >= NOTHING_MS || outcome !== "done");
  const rows = shown
    .toSorted((a, b) => a.startMs - b.startMs || depthOf(a) - depthOf(b))
    .map((phase) => [
      `${"  ".repeat(depthOf(phase))}${phase.kind === "wait" ? "wait for " : ""}${phase.name}`,
      inSeconds(phase.startMs),
      inSeconds(phase.elapsedMs),
      phase.outcome === "done" ? "" : phase.outcome,
    ]);
  return tableText(["STEP", "AT", "TOOK", ""], rows);
}

function depthOf({ kind }: RecordedPhase): number {
  return kind === "step" ? 0 : 1;
}

function bootTest(test: NonNullable<RunRecord["bootTest"]>): string {
  const { elapsedMs, acceleration, commands, failedUnits } = test;
  const lines = [
    `booted in ${inSeconds(elapsedMs)} under ${acceleration.toUpperCase()}`,
    ...commands.map(({ command, exitCode }) => `${command}: exit code ${exitCode}`),
    ...failedUnits.map(({ name }) => `the unit ${name} had failed`),
  ];
  return `Boot test\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

/** Calls that changed something, and all that failed, with what support asks for. */
function calls({ apiCalls }: RunRecord): string {
  const told = apiCalls.filter(({ action, status }) => !action.startsWith("Read") || status !== 200);
  const reads = apiCalls.filter(({ action }) => action.startsWith("Read")).reduce((sum, { count }) => sum + count, 0);
  const rows = told.map(({ action, elapsedMs, status, errorCode, requestId }) => [
    action,
    inSeconds(elapsedMs),
    [status ?? "no answer", errorCode].filter((text) => text !== null).join(" "),
    requestId ?? "",
  ]);
  return `${tableText(["API CALL", "TOOK", "STATUS", "REQUEST"], rows)}and ${reads} reads\n`;
}

function left({ resources }: RunRecord): string {
  const ids = resources.filter(({ change }) => change === "left").map(({ kind, id }) => `  ${kind} ${id}\n`);
  return ids.length === 0 ? "" : `Left behind\n${ids.join("")}`;
}

function failure({ code, message, hint, step }: NonNullable<RunRecord["error"]>): string {
  const where = step === null ? "" : ` in ${step}`;
  return `Error ${code}${where}: ${message}\n${hint === null ? "" : `  ${hint}\n`}`;
}

function lastLines({ lines, leftOut }: RunRecord): string {
  const before = leftOut.lines > 0 ? `  (${leftOut.lines} lines before)\n` : "";
  return `Last lines\n${before}${lines.map(({ text }) => `  ${text.replaceAll("\n", "\n  ")}\n`).join("")}`;
}
