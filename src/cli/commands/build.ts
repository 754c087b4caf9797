import { randomUUID } from "node:crypto";
import { systemClock } from "../../common/clock.ts";
import { ExitCode } from "../../common/errors.ts";
import { buildFlags, parallelBuilds, templateArgument } from "../build-flags.ts";
import type { Command, Invocation } from "../command.ts";
import { openDebugLog } from "../debug-log.ts";
import { type FlagValues, parseFlags } from "../flags.ts";
import { loadBuilds } from "../load-builds.ts";
import { defaultCloudFolder, openLocalSession } from "../local-session.ts";
import { makeReport } from "../make-report.ts";
import { commonExitCode, exitCodeOf } from "../output/error-text.ts";
import { writeResultFile } from "../output/result-file.ts";
import { prepareBuilds } from "../prepare-builds.ts";
import { runBuilds } from "../run-builds.ts";
import { watchStopSignals } from "../signals.ts";

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

async function runBuild({ argv, io }: Invocation): Promise<ExitCode> {
  const { flags, positionals } = parseFlags(buildFlags, argv);
  const path = templateArgument(positionals);
  const parallel = parallelBuilds(flags);
  using log = openDebugLog(flags.log, io);
  await using local = flags.local ? await openLocalSession(io.env, cloudFolder(flags, io.env), log) : undefined;
  const runUuid = io.env.PACKER_RUN_UUID || randomUUID();
  const env = { ...(local?.env ?? io.env), PACKER_RUN_UUID: runUuid };
  const { builds, files, warnings } = await loadBuilds(path, flags, env);
  const report = makeReport(
    flags,
    io,
    systemClock,
    builds.map(({ name }) => name),
  );
  for (const warning of warnings) report.note("warn", `Warning: ${warning}`);
  const prepared = prepareBuilds(builds, {
    debug: flags.debug === true,
    force: flags.force === true,
    onError: flags["on-error"] ?? "cleanup",
    bootTest: flags["boot-test"] === true,
    builder: { env, log, templatePath: path, ...(local && { localCloud: local.stateFolder }) },
    override: local?.options ?? {},
  });
  using wishes = watchStopSignals(io, (message) => report.note("warn", message));
  const results = await runBuilds(prepared, {
    report,
    wishes,
    clock: systemClock,
    log,
    parallel,
    debug: flags.debug === true,
    force: flags.force === true,
    runUuid,
  });
  if (flags.result !== undefined) writeResultFile(flags.result, results, files);
  const failures = results.filter(({ error }) => error !== undefined);
  return failures.length === 0 ? ExitCode.Success : commonExitCode(failures.map(({ error }) => exitCodeOf(error)));
}

function cloudFolder(flags: FlagValues<typeof buildFlags>, env: NodeJS.ProcessEnv): string {
  return flags["local-state"] ?? defaultCloudFolder(env);
}
