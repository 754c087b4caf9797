import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { BootCheckError } from "../boot/boot-check-error.ts";
import type { OmiArtifact } from "../builder/artifact.ts";
import type { Ui } from "../builder/ui.ts";
import { unwrapFailure } from "../builder/unwrap-failure.ts";
import type { Clock } from "../common/clock.ts";
import { ChrootError, messageOf } from "../common/errors.ts";
import { maskedJson } from "../terminal/masked-json.ts";
import { readRecord, writeRecord } from "./history-folder.ts";
import { type HistoryLimits, pruneRecords } from "./prune-records.ts";
import type { RunRecord } from "./run-record.ts";
import type { RunRecorder } from "./run-recorder.ts";

/** How a run ended, as whoever ran it knows. */
export interface RunEnd {
  readonly outcome: RunRecord["outcome"];
  readonly warnings: readonly string[];
  /** Undefined when there is none. */
  readonly artifact: Pick<OmiArtifact, "region" | "product"> | undefined;
  /** Undefined for a success. */
  readonly error: unknown;
  readonly image: RunRecord["image"];
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
  { outcome, warnings, artifact, error, image }: RunEnd,
  { stateFolder, limits, ui, clock, makeProvenance }: KeepRecordInput,
): Promise<RunRecord | undefined> {
  const record = recorder.end({
    outcome,
    warnings,
    product: artifact === undefined ? null : productOf(artifact),
    error: error ? failureOf(error) : null,
    bootFailure: error ? bootFailureOf(error) : null,
    image,
  });
  if (record === undefined) return undefined;
  const provenance = provenanceOf(record, makeProvenance, ui);
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

/** An OMI that stands has its record, whatever becomes of its provenance. */
function provenanceOf(
  record: RunRecord,
  make: KeepRecordInput["makeProvenance"],
  ui: KeepRecordInput["ui"],
): RunRecord["provenance"] {
  try {
    return make?.(record) ?? null;
  } catch (cause) {
    ui.warn(`No provenance is made: ${messageOf(cause)}`);
    return null;
  }
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

function productOf({ region, product }: NonNullable<RunEnd["artifact"]>): RunRecord["product"] {
  const { imageId, name, snapshotIds, isReused = false } = product;
  const copies = (product.copies ?? []).map((copy) => {
    const { region, accountId, imageId, snapshotIds } = copy;
    return { region, accountId, imageId, snapshotIds: [...snapshotIds] };
  });
  return { region, imageId, imageName: name, snapshotIds: [...snapshotIds], copies, isReused };
}

function failureOf(thrown: unknown): RunRecord["error"] {
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

/** What the console showed of an image that did not boot. */
function bootFailureOf(thrown: unknown): RunRecord["bootFailure"] {
  const { error } = unwrapFailure(thrown);
  const isBoot = error instanceof BootCheckError && error.tail.length > 0;
  return isBoot ? { console: [...error.tail], consoleFile: error.consoleFile ?? null } : null;
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

/** A file of a template, and the SHA-256 of what it held, in hexadecimal. */
export type FileDigest = RunRecord["template"]["files"][number];

function digestOf(file: string): string | undefined {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch {
    return undefined;
  }
}
