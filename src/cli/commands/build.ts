import type { KeyObject } from "node:crypto";
import { ExitCode, UsageError } from "../../common/errors.ts";
import { readSigningKey } from "../../evidence/provenance/key-file.ts";
import { openDebugLog } from "../../terminal/debug-log.ts";
import type { Io } from "../../terminal/io.ts";
import { buildFlags, parallelBuilds } from "../build-flags.ts";
import type { Command, Invocation } from "../command.ts";
import { type FlagValues, parseFlags } from "../flags.ts";
import { checkReportFlags } from "../make-report.ts";
import { checkPlaceFlags, type OpenBuildsInput, openHere, openOnFleet } from "../open-builds.ts";
import { writeJson } from "../output/json-report.ts";
import { checkOutputFile } from "../output/output-file.ts";
import { refusalTeller, runOpened } from "../run-opened.ts";
import { templateArgument } from "../template-flags.ts";

export const build: Command = {
  usage: "build [flags] TEMPLATE",
  isReport: true,
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
  checkPlaceFlags(flags);
  checkReportFlags(flags, flags.debug === true || flags["on-error"] === "ask");
  for (const file of [flags.result, flags.diff, flags.sbom, flags.report, flags.provenance])
    if (file !== undefined) checkOutputFile(file);
  const provenanceKey = signingKey(flags, io.env);
  using log = openDebugLog(flags.log, io);
  const input = { path, flags, parallel, io, log };
  if (flags.queue === undefined) return await runOpened(openHere(input), { flags, io, parallel, provenanceKey });
  if (flags.detach) return await submitOnly(input);
  return await runOpened(openOnFleet(input), { flags, io, parallel, provenanceKey });
}

/** @throws {UsageError} when there is one that cannot be used: better now than after an hour's build */
function signingKey(flags: BuildFlags, env: Io["env"]): KeyObject | undefined {
  const path = flags["provenance-key"];
  if (path === undefined) return undefined;
  if (flags.provenance !== undefined) return readSigningKey(path, env);
  throw new UsageError("-provenance-key needs -provenance FILE, whose file it signs");
}

/** Who does not wait needs the ids. */
async function submitOnly(input: OpenBuildsInput): Promise<number> {
  const { flags, io } = input;
  const refuse = refusalTeller(flags, io);
  await using opened = await openOnFleet(input).catch(refuse);
  for (const warning of opened.warnings) io.stderr.write(`Warning: ${warning}\n`);
  const ids = [...(await opened.submit((message) => io.stderr.write(`${message}\n`)).catch(refuse))];
  if (flags.json) writeJson(io, { builds: ids.map(([build, id]) => ({ build, id })) });
  else for (const [build, id] of ids) io.stdout.write(`${id} ${build}\n`);
  return ExitCode.Success;
}
