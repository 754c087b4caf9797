import type { KeyObject } from "node:crypto";
import { openBake } from "../../bake/open-bake.ts";
import { UsageError } from "../../common/errors.ts";
import { readSigningKey } from "../../evidence/provenance/key-file.ts";
import { openDebugLog } from "../../terminal/debug-log.ts";
import type { Io } from "../../terminal/io.ts";
import { buildFlags, parallelBuilds } from "../build-flags.ts";
import type { Command, Invocation } from "../command.ts";
import { type FlagValues, parseFlags } from "../flags.ts";
import { checkReportFlags } from "../make-report.ts";
import { checkOutputFile } from "../output/result-file.ts";
import { tellRetries } from "../output/tell-retries.ts";
import { runOpened } from "../run-opened.ts";
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
  return await runOpened(opening, { flags, io, parallel, provenanceKey });
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
