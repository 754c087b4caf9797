import type { KeyObject } from "node:crypto";
import { openBake } from "../../bake/open-bake.ts";
import type { Report } from "../../bake/report.ts";
import type { BakedBuild } from "../../bake/run-builds.ts";
import { systemClock } from "../../common/clock.ts";
import { ExitCode, UsageError } from "../../common/errors.ts";
import { readSigningKey } from "../../evidence/provenance/key-file.ts";
import { openDebugLog } from "../../terminal/debug-log.ts";
import type { Io } from "../../terminal/io.ts";
import { watchStopSignals } from "../../terminal/signals.ts";
import { buildFlags, parallelBuilds } from "../build-flags.ts";
import type { Command, Invocation } from "../command.ts";
import { type FlagValues, parseFlags } from "../flags.ts";
import { checkReportFlags, makeReport } from "../make-report.ts";
import { commonExitCode, errorText, exitCodeOf } from "../output/error-text.ts";
import { writeEvidenceFiles } from "../output/evidence-files.ts";
import { JsonReport } from "../output/json-report.ts";
import { checkOutputFile, writeResultFile } from "../output/result-file.ts";
import { tellRetries } from "../output/tell-retries.ts";
import { templateArgument, templateInput } from "../template-flags.ts";

export const build: Command = {
  usage: "build [flags] TEMPLATE",
  about: "Bakes the images of a template: a .pkr.hcl or .json file, or a folder of .pkr.hcl files.",
  flags: buildFlags,
  examples: [
    "outscale-chroot build --local examples/quickstart.pkr.hcl",
    "outscale-chroot build -var omi_name=web -on-error=ask web.pkr.hcl",
  ],
  run: (invocation) => runBuild(invocation),
};

type BuildFlags = FlagValues<typeof buildFlags>;

async function runBuild({ argv, io }: Invocation): Promise<number> {
  const { flags, positionals } = parseFlags(buildFlags, argv);
  const path = templateArgument(positionals);
  const parallel = parallelBuilds(flags);
  checkReportFlags(flags, flags.debug === true || flags["on-error"] === "ask");
  for (const file of [flags.result, flags.diff, flags.sbom, flags.report, flags.provenance])
    if (file !== undefined) checkOutputFile(file);
  const provenanceKey = signingKey(flags, io.env);
  using log = openDebugLog(flags.log, io);
  const opening = openBake({
    ...templateInput(path, flags, io.env),
    local: localCloud(flags),
    debug: flags.debug,
    force: flags.force,
    onError: flags["on-error"],
    bootTest: flags["boot-test"],
    skipUnchanged: flags["skip-unchanged"],
    maxAge: flags["max-age"],
    parallel,
    history: flags.history,
    evidence: wishesOf(flags),
    provenance: flags.provenance !== undefined,
    log,
    onRetry: tellRetries(io),
  });
  await using opened = await opening.catch(async (error: unknown) => {
    await tellRefusal(error, flags, io);
    throw error;
  });
  using report = makeReport({ flags, io, clock: systemClock, builds: opened.names, parallel });
  for (const warning of opened.warnings) report.note("warn", `Warning: ${warning}`);
  using wishes = watchStopSignals(io, (message) => report.note("warn", message));
  const results = await opened.run({ report, signal: wishes.signal, hurry: wishes.hurry });
  if (flags.provenance !== undefined) tellMissingProvenance(results, report);
  const failures = results.filter(({ error }) => error !== undefined);
  const code =
    failures.length === 0 ? ExitCode.Success : commonExitCode(failures.map(({ error }) => exitCodeOf(error)));
  for (const message of untold(results, flags)) report.note("warn", `Warning: ${message}`);
  const { result } = flags;
  const unwritten = await tellUnwritten(io, [
    () => writeEvidenceFiles(results, { ...flags, provenanceKey }),
    () => result !== undefined && writeResultFile(result, { results, templateFiles: opened.templateFiles }),
  ]);
  return code === ExitCode.Success && unwritten !== undefined ? exitCodeOf(unwritten) : code;
}

/** What a build that was skipped could not tell of its image: it has not looked into it. */
function untold(results: readonly BakedBuild[], { sbom, diff, provenance }: BuildFlags): readonly string[] {
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

function tellMissingProvenance(results: readonly BakedBuild[], report: Pick<Report, "line">): void {
  for (const { name, outcome, provenance, artifact } of results) {
    if (outcome !== "done" || provenance !== undefined || artifact?.isReused) continue;
    report.line("warn", name, "No provenance is written, as there is no OMI that it could be about");
  }
}

/** @throws {UsageError} when there is one that cannot be used: better now than after an hour's build */
function signingKey(flags: BuildFlags, env: Io["env"]): KeyObject | undefined {
  const path = flags["provenance-key"];
  if (path === undefined) return undefined;
  if (flags.provenance !== undefined) return readSigningKey(path, env);
  throw new UsageError("-provenance-key signs what -provenance FILE writes, and that is not given");
}

/** Undefined where nothing of the image is asked for: then nothing of it is looked at. */
function wishesOf({ diff, sbom, report }: BuildFlags): { readonly diff: boolean } | undefined {
  const wantsDiff = diff !== undefined || report !== undefined;
  return wantsDiff || sbom !== undefined ? { diff: wantsDiff } : undefined;
}

function localCloud(flags: BuildFlags): true | { readonly stateFolder: string } | undefined {
  if (!flags.local) return undefined;
  return flags["local-state"] === undefined ? true : { stateFolder: flags["local-state"] };
}

/** For programs that read the output or the result file; people read standard error. */
async function tellRefusal(error: unknown, flags: BuildFlags, io: Io): Promise<void> {
  if (flags.json) new JsonReport(io.stdout, systemClock).refused(error);
  const { result } = flags;
  if (result === undefined) return;
  await tellUnwritten(io, [() => writeResultFile(result, { results: [], templateFiles: [], error })]);
}
