import { randomUUID } from "node:crypto";
import { loadBuilds } from "../../bake/load-builds.ts";
import { defaultCloudFolder, type LocalSession, openLocalSession } from "../../bake/local-session.ts";
import { prepareBuilds } from "../../bake/prepare-builds.ts";
import { dataReader } from "../../bake/read-data-source.ts";
import { runBuilds } from "../../bake/run-builds.ts";
import { systemClock } from "../../common/clock.ts";
import { ExitCode } from "../../common/errors.ts";
import type { DebugLog } from "../../common/log.ts";
import { openDebugLog } from "../../terminal/debug-log.ts";
import type { Io } from "../../terminal/io.ts";
import { watchStopSignals } from "../../terminal/signals.ts";
import { buildFlags, parallelBuilds, templateArgument } from "../build-flags.ts";
import type { Command, Invocation } from "../command.ts";
import { type FlagValues, parseFlags } from "../flags.ts";
import { checkReportFlags, makeReport } from "../make-report.ts";
import { commonExitCode, exitCodeOf } from "../output/error-text.ts";
import { JsonReport } from "../output/json-report.ts";
import { checkResultFile, writeResultFile } from "../output/result-file.ts";

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
  if (flags.result !== undefined) checkResultFile(flags.result);
  using log = openDebugLog(flags.log, io);
  await using local = flags.local ? await openLocalSession(io.env, cloudFolder(flags, io.env), log) : undefined;
  const runUuid = io.env.PACKER_RUN_UUID || randomUUID();
  const env = { ...(local?.env ?? io.env), PACKER_RUN_UUID: runUuid };
  const { report, prepared, files } = await prepare(path, { flags, io, env, log, local }).catch((error: unknown) => {
    tellRefusal(error, flags, io);
    throw error;
  });
  using wishes = watchStopSignals(io, (message) => report.note("warn", message));
  const [debug, force, clock] = [flags.debug === true, flags.force === true, systemClock];
  const results = await runBuilds(prepared, { report, wishes, clock, log, parallel, debug, force, runUuid });
  if (flags.result !== undefined) writeResultFile(flags.result, { results, templateFiles: files });
  const failures = results.filter(({ error }) => error !== undefined);
  return failures.length === 0 ? ExitCode.Success : commonExitCode(failures.map(({ error }) => exitCodeOf(error)));
}

interface PrepareInput {
  readonly flags: BuildFlags;
  readonly io: Io;
  readonly env: NodeJS.ProcessEnv;
  readonly log: DebugLog;
  readonly local: LocalSession | undefined;
}

/** Everything that can be refused before anything is created. */
async function prepare(path: string, { flags, io, env, log, local }: PrepareInput) {
  const readData = dataReader({ env, log, ...(local && { override: local.options }) });
  const { builds, files, warnings } = await loadBuilds(path, flags, env, readData);
  const prepared = prepareBuilds(builds, {
    debug: flags.debug === true,
    force: flags.force === true,
    onError: flags["on-error"] ?? "cleanup",
    bootTest: flags["boot-test"] === true,
    builder: { env, log, templatePath: path, ...(local && { localCloud: local.stateFolder }) },
    override: local?.options ?? {},
  });
  const names = builds.map(({ name }) => name);
  const report = makeReport(flags, io, systemClock, names);
  for (const warning of warnings) report.note("warn", `Warning: ${warning}`);
  return { report, prepared, files };
}

/** For programs that read the output or the result file; people read standard error. */
function tellRefusal(error: unknown, flags: BuildFlags, io: Io): void {
  if (flags.json) new JsonReport(io.stdout, systemClock).refused(error);
  if (flags.result !== undefined) writeResultFile(flags.result, { results: [], templateFiles: [], error });
}

function cloudFolder(flags: BuildFlags, env: NodeJS.ProcessEnv): string {
  return flags["local-state"] ?? defaultCloudFolder(env);
}
