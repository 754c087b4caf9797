import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Ui } from "../builder/ui.ts";
import { unwrapFailure } from "../builder/unwrap-failure.ts";
import type { Clock } from "../common/clock.ts";
import { ChrootError, messageOf } from "../common/errors.ts";
import { secrets } from "../common/secrets.ts";
import { mapTexts } from "../definition/map-texts.ts";
import type { ImageDiff } from "../evidence/image-diff.ts";
import { readRecord, writeRecord } from "../history/history-folder.ts";
import { type HistoryLimits, pruneRecords } from "../history/prune-records.ts";
import type { RunRecord } from "../history/run-record.ts";
import { RunRecorder } from "../history/run-recorder.ts";
import { maskedJson } from "../terminal/masked-json.ts";
import type { ImageEvidence } from "./image-evidence.ts";
import type { PreparedBuild } from "./prepare-builds.ts";
import type { BuildResult, Report } from "./report.ts";
import type { BakedBuild } from "./run-builds.ts";

/** That records are kept, and of what. */
export interface HistoryInput {
  readonly limits: HistoryLimits;
  readonly template: RunRecord["template"];
}

/** A recorder for a build that is about to begin. */
export function recorderOf(
  { definition, prepared }: Pick<PreparedBuild, "definition" | "prepared">,
  { template }: HistoryInput,
  clock: Clock,
): RunRecorder {
  // A tag may be named as one of the record's own words, which are not masked when it is written.
  const configuration = mapTexts(prepared.showGiven(definition.sensitiveOptions), (text) => secrets.mask(text));
  return new RunRecorder({ build: definition.name, template, configuration }, clock);
}

/** A report of one build, to which its recorder listens. */
export function recordedReport(report: Report, recorder: RunRecorder): Report {
  return {
    line(kind, build, message, part) {
      recorder.line(kind, message, part);
      report.line(kind, build, message, part);
    },
    event(build, event) {
      recorder.note(event);
      report.event(build, event);
    },
    note: (kind, message) => report.note(kind, message),
    ask: (build, question, signal) => report.ask(build, question, signal),
    ended: (result) => report.ended(result),
    finished: (results, elapsedMs) => report.finished(results, elapsedMs),
  };
}

interface KeepRecordInput {
  readonly stateFolder: string;
  readonly limits: HistoryLimits;
  /** Told when it cannot be written. */
  readonly ui: Pick<Ui, "warn">;
  readonly clock: Clock;
  /** What is to be said of how the OMI came to be, once the rest of the record stands. */
  readonly makeProvenance?: ((record: RunRecord) => RunRecord["provenance"]) | undefined;
}

/**
 * Writes the record of a build that has ended, and drops old ones. A disk that is full is no failure of a build that was
 * made.
 */
export async function keepRecord(
  recorder: RunRecorder,
  result: BakedBuild,
  { stateFolder, limits, ui, clock, makeProvenance }: KeepRecordInput,
): Promise<RunRecord | undefined> {
  const { outcome, warnings, artifact, error, evidence } = result;
  const product = artifact && productOf(artifact);
  const record = recorder.end({
    outcome,
    warnings,
    product: product ?? null,
    error: error ? failureOf(error) : null,
    image: evidence ? imageOf(evidence) : null,
  });
  if (record === undefined) return undefined;
  const provenance = makeProvenance?.(record) ?? null;
  const masked: RunRecord = JSON.parse(maskedJson({ ...record, provenance, earlier: earlierOf(stateFolder, record) }));
  if (limits.runs === 0) return masked;
  try {
    await writeRecord(stateFolder, masked);
    pruneRecords(stateFolder, limits, clock.now());
  } catch (cause) {
    ui.warn(`The record of this run could not be written: ${messageOf(cause)}`);
  }
  return masked;
}

/** A run that was resumed has one record: that of its last attempt, which tells of the others. */
function earlierOf(stateFolder: string, { runId }: RunRecord): RunRecord["earlier"] {
  const last = readIfThere(stateFolder, runId);
  if (last === undefined) return [];
  const { startedAt, elapsedMs, outcome, error } = last;
  return [...last.earlier, { startedAt, elapsedMs, outcome, error: error?.message ?? null, step: error?.step ?? null }];
}

function readIfThere(stateFolder: string, runId: string): RunRecord | undefined {
  try {
    return readRecord(stateFolder, runId);
  } catch {
    return undefined; // it is damaged, and gives way to a new one
  }
}

function productOf({ region, product }: NonNullable<BakedBuild["artifact"]>): RunRecord["product"] {
  const { imageId, name, snapshotIds, isReused = false } = product;
  return { region, imageId, imageName: name, snapshotIds: [...snapshotIds], isReused };
}

/** So many of the files that changed are in a record: it is read whole whenever runs are listed. */
const MOST_FILES = 200;

function imageOf({ contents, diff }: ImageEvidence): RunRecord["image"] {
  const { os, packages } = contents;
  return {
    os: os ? { id: os.id, versionId: os.versionId, prettyName: os.prettyName } : null,
    packages: packages.map(({ name, version, arch, license, sizeBytes }) => ({
      name,
      version,
      arch,
      ...(license !== undefined && { license }),
      ...(sizeBytes !== undefined && { sizeBytes }),
    })),
    diff: diff ? shortened(diff) : null,
  };
}

function shortened(diff: ImageDiff): ImageDiff {
  const { list, leftOut } = diff.files;
  const kept = list.slice(0, MOST_FILES);
  return { ...diff, files: { ...diff.files, list: kept, leftOut: leftOut + list.length - kept.length } };
}

function failureOf(thrown: BuildResult["error"]): RunRecord["error"] {
  const { error } = unwrapFailure(thrown);
  const known = error instanceof ChrootError ? error : undefined;
  return {
    code: known?.code ?? "E_BUG",
    message: messageOf(error),
    hint: known?.hint ?? null,
    step: known?.step ?? null,
    resourceId: known?.resourceId ?? null,
  };
}

/** What a template consists of. A file that cannot be read any more is left out: the build has read it already. */
export function templateRecord(path: string, files: readonly string[]): RunRecord["template"] {
  const read = files.flatMap((file) => {
    const sha256 = digestOf(file);
    return sha256 === undefined ? [] : [{ path: file, sha256 }];
  });
  const all = createHash("sha256");
  for (const { path: file, sha256 } of read) all.update(`${sha256}  ${file}\n`);
  return { path, sha256: all.digest("hex"), files: read };
}

function digestOf(file: string): string | undefined {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch {
    return undefined;
  }
}
