import type { KeyObject } from "node:crypto";
import type { OpenBake } from "../bake/open-bake.ts";
import type { Report } from "../bake/report.ts";
import type { BakedBuild } from "../bake/run-builds.ts";
import { systemClock } from "../common/clock.ts";
import { ExitCode } from "../common/errors.ts";
import type { Io } from "../terminal/io.ts";
import { watchStopSignals } from "../terminal/signals.ts";
import { makeReport, type ReportFlags } from "./make-report.ts";
import { commonExitCode, errorText, exitCodeOf } from "./output/error-text.ts";
import { type EvidenceFiles, writeEvidenceFiles } from "./output/evidence-files.ts";
import { JsonReport } from "./output/json-report.ts";
import { writeResultFile } from "./output/result-file.ts";
import { timingText } from "./output/timing-text.ts";

export interface RunFlags extends ReportFlags, EvidenceFiles {
  readonly result?: string | undefined;
  /** Tells where the time of each build went. */
  readonly timing?: boolean | undefined;
}

export interface RunOpenedInput {
  readonly flags: RunFlags;
  readonly io: Io;
  /** How many builds run at a time; 0 means all. */
  readonly parallel: number;
  /** Signs what `-provenance` writes. */
  readonly provenanceKey?: KeyObject | undefined;
}

/**
 * Runs builds that are checked, tells of them as the flags say, and writes what is to be known of them.
 * @returns the exit code
 */
export async function runOpened(
  opening: Promise<OpenBake>,
  { flags, io, parallel, provenanceKey }: RunOpenedInput,
): Promise<number> {
  const refuse = refusalTeller(flags, io);
  await using opened = await opening.catch(refuse);
  using report = await makeReport({ flags, io, clock: systemClock, builds: opened.names, parallel });
  for (const warning of opened.warnings) report.note("warn", `Warning: ${warning}`);
  using wishes = watchStopSignals(io, (message) => report.note("warn", message));
  // What throws here has kept every build from beginning: a file that could not be sent to workers. Or it is a bug.
  const results = await opened.run({ report, signal: wishes.signal, hurry: wishes.hurry }).catch(refuse);
  if (flags.provenance !== undefined) tellMissingProvenance(results, report);
  if (flags.timing) tellTiming(results, report);
  const failures = results.filter(({ error }) => error !== undefined);
  const code =
    failures.length === 0 ? ExitCode.Success : commonExitCode(failures.map(({ error }) => exitCodeOf(error)));
  for (const message of untold(results, flags)) report.note("warn", `Warning: ${message}`);
  const { result } = flags;
  const unwritten = await tellUnwritten(io, [
    () => writeEvidenceFiles(results, { ...flags, provenanceKey }, io),
    () => result !== undefined && writeResultFile(result, { results, templateFiles: opened.templateDigests, io }),
  ]);
  return code === ExitCode.Success && unwritten !== undefined ? exitCodeOf(unwritten) : code;
}

function tellTiming(results: readonly BakedBuild[], report: Pick<Report, "note">): void {
  for (const { name, record } of results) {
    if (record === undefined) continue;
    const lines = timingText(record).trimEnd().replaceAll(/^/gm, "    ");
    report.note("say", `\n==> The time of ${name}, run ${record.runId}:\n${lines}`);
  }
}

function tellMissingProvenance(results: readonly BakedBuild[], report: Pick<Report, "line">): void {
  for (const { name, outcome, provenance, artifact } of results) {
    // Of an OMI that stands the build has said why there is none.
    if (outcome !== "done" || provenance !== undefined || artifact !== undefined) continue;
    report.line("warn", name, "No provenance is written, as there is no OMI that it could be about");
  }
}

/** What a build that was skipped could not tell of its image: it has not looked into it. */
function untold(results: readonly BakedBuild[], { sbom, diff, provenance }: RunFlags): readonly string[] {
  const flags = Object.entries({ sbom, diff, provenance }).filter(([, file]) => file !== undefined);
  const asked = flags.map(([name]) => `-${name}`).join(", ");
  const skipped = results.filter(({ artifact }) => artifact?.isReused);
  if (asked === "") return [];
  return skipped.map(
    ({ name }) => `${name} was not built, as nothing has changed: ${asked}: no file is written for it`,
  );
}

/** Writes what is to be known of a run. What could not be written is told, and keeps nothing else from being. */
async function tellUnwritten(io: Io, writers: readonly (() => unknown)[]): Promise<unknown> {
  const errors: unknown[] = [];
  for (const write of writers) {
    try {
      await write();
    } catch (error) {
      io.stderr.write(errorText(error));
      errors.push(error);
    }
  }
  return errors[0];
}

/**
 * For `catch`: tells why no build has begun, for programs that read the output or the result file, and throws it again; people
 * read standard error.
 */
export function refusalTeller({ json, result }: Pick<RunFlags, "json" | "result">, io: Io) {
  return async (error: unknown): Promise<never> => {
    if (json) new JsonReport(io.stdout, systemClock).refused(error);
    if (result !== undefined)
      await tellUnwritten(io, [() => writeResultFile(result, { results: [], templateFiles: [], error, io })]);
    throw error;
  };
}
