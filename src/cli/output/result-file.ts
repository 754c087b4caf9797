import type { BakedBuild } from "../../bake/run-builds.ts";
import type { Phase } from "../../builder/phase.ts";
import { ChrootError } from "../../common/errors.ts";
import { version } from "../../common/version.ts";
import type { FileDigest } from "../../history/keep-record.ts";
import type { Io } from "../../terminal/io.ts";
import { maskedJson } from "../../terminal/masked-json.ts";
import { type ErrorRecord, errorRecord } from "./error-record.ts";
import { writeOutputFile } from "./output-file.ts";

/** What `--result FILE` holds: one run of the program. Times are ISO 8601, UTC. */
export interface ResultFile {
  readonly formatVersion: 1;
  readonly program: string;
  readonly finishedAt: string;
  /** SHA-256 of each file of the template as it was read, in hexadecimal. */
  readonly templateFiles: Readonly<Record<string, string>>;
  readonly builds: readonly ResultBuild[];
  /** Why no build has begun: the template or its options. */
  readonly error: ErrorRecord | null;
}

export type OutputStreams = Pick<Io, "stdout" | "stderr" | "env">;

/** What a result file tells of. */
export interface RunResults {
  readonly results: readonly BakedBuild[];
  readonly templateFiles: readonly FileDigest[];
  /** Set when no build has begun. */
  readonly error?: unknown;
  /** For a file that is a stream. */
  readonly io: OutputStreams;
}

export interface ResultBuild {
  readonly name: string;
  readonly outcome: "done" | "failed";
  readonly runId: string | null;
  readonly startedAt: string;
  readonly elapsedMs: number;
  readonly artifact: ResultArtifact | null;
  /** What post-processors have made of it, on this machine. */
  readonly files: readonly string[];
  readonly phases: readonly (Omit<Phase, "startedAt"> & { readonly startedAt: string })[];
  readonly warnings: readonly string[];
  readonly error: ErrorRecord | null;
}

export interface ResultArtifact {
  /** `REGION:OMI`, of all regions, joined by commas. */
  readonly id: string;
  readonly region: string;
  readonly imageId: string;
  readonly imageName: string;
  /** The account's own snapshots that the OMI maps, the root's among them. */
  readonly snapshotIds: readonly string[];
  /** The OMI in other regions: `omi_regions`. */
  readonly copies: readonly {
    readonly region: string;
    readonly accountId: string;
    readonly imageId: string;
    readonly snapshotIds: readonly string[];
    /** It was there before: nothing has changed. */
    readonly isReused: boolean;
  }[];
  /** It was there before: nothing was built, as nothing has changed. */
  readonly isReused: boolean;
  /** The values of `build.*`: the source OMI and the rest. */
  readonly build: unknown;
}

/** A run is over, and what came of it could not be written: what it made stands all the same. */
class ResultFileError extends ChrootError {
  override readonly code = "E_RESULT_FILE";
}

/**
 * Writes the result file, whole or not at all.
 * @throws {ResultFileError} when it cannot be written; it says what was made
 */
export async function writeResultFile(path: string, { results, templateFiles, error, io }: RunResults): Promise<void> {
  const content: ResultFile = {
    formatVersion: 1,
    program: `outscale-chroot ${version}`,
    finishedAt: new Date().toISOString(),
    templateFiles: Object.fromEntries(templateFiles.map(({ path: file, sha256 }) => [file, sha256])),
    builds: results.map(resultBuild),
    error: error === undefined ? null : errorRecord(error),
  };
  await writeAfterBuilds(path, `${maskedJson(content, 2)}\n`, { results, io });
}

/** Writes a file that tells of builds, whole or not at all. @throws {ResultFileError} when it cannot be written */
export async function writeAfterBuilds(
  path: string,
  content: string,
  { results, io }: Pick<RunResults, "results" | "io">,
): Promise<void> {
  await writeOutputFile(path, content, io).catch((cause: unknown) => {
    throw new ResultFileError(`Cannot write the file "${path}"`, { cause, hint: whatStands(results) });
  });
}

function whatStands(results: readonly BakedBuild[]): string {
  const made = results.flatMap(({ artifact }) => artifact?.id ?? []);
  return made.length === 0
    ? "Only the file is missing: the run had come to its end, and made no OMI"
    : `Only the file is missing: the builds are done, and ${made.join(", ")} can be used`;
}

function resultBuild({
  name,
  outcome,
  runId,
  startedAt,
  elapsedMs,
  artifact,
  made,
  phases,
  warnings,
  error,
}: BakedBuild): ResultBuild {
  return {
    name,
    outcome: outcome === "done" ? "done" : "failed",
    runId: runId ?? null,
    startedAt: new Date(startedAt).toISOString(),
    elapsedMs,
    artifact: artifact ? resultArtifact(artifact) : null,
    files: [...new Set(made.flatMap(({ files }) => files))],
    phases: phases.map((phase) => ({ ...phase, startedAt: new Date(phase.startedAt).toISOString() })),
    warnings,
    error: error === undefined ? null : errorRecord(error),
  };
}

function resultArtifact(artifact: NonNullable<BakedBuild["artifact"]>): ResultArtifact {
  const { id, region, product } = artifact;
  return {
    id,
    region,
    imageId: product.imageId,
    imageName: product.name,
    snapshotIds: product.snapshotIds,
    copies: artifact.copies.map((copy) => ({ ...copy, isReused: copy.isReused ?? false })),
    isReused: artifact.isReused,
    build: artifact.state("generated_data"),
  };
}
