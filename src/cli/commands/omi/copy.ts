import { type CopiedOmi, copyOmi } from "../../../bake/omis/copy-omi.ts";
import { cleanupCommand } from "../../../builder/cleanup-command.ts";
import { ExitCode } from "../../../common/errors.ts";
import { shellQuote } from "../../../host/shell-quote.ts";
import { openDebugLog } from "../../../terminal/debug-log.ts";
import { watchStopSignals } from "../../../terminal/signals.ts";
import type { Command } from "../../command.ts";
import { type Flags, type FlagValues, parseFlags } from "../../flags.ts";
import { copyRecord, copyText } from "../../output/copy-text.ts";
import { writeJson } from "../../output/json-report.ts";
import { TransferReport } from "../../output/transfer-report.ts";
import { accountFlags, omisInput } from "./account-flags.ts";
import { bucketFlags, bucketOf } from "./bucket-flags.ts";
import { copyFailure } from "./copy-failure.ts";
import { onePositional } from "./one-positional.ts";
import { regionFlags, targetsOf } from "./region-flags.ts";

const flagSpecs = {
  ...regionFlags,
  ...bucketFlags,
  "keep-objects": { type: "boolean", about: "leaves the exported objects in the bucket" },
  method: {
    type: "string",
    value: "HOW",
    choices: ["image", "snapshots"],
    about: "image: whole, with its product codes (the default); snapshots: disk by disk, without a manifest",
  },
  name: { type: "string", value: "NAME", about: "another name for the copies" },
  force: {
    type: "boolean",
    about: "replaces the account's own OMI of that name there, once its successor is complete",
  },
  "force-delete-snapshot": {
    type: "boolean",
    needs: "force",
    about: "with -force: deletes the snapshots of the replaced OMI",
  },
  ...accountFlags,
} as const satisfies Flags;

export const copyAction: Command = {
  usage: "omi copy -to REGION[,REGION] -bucket NAME [flags] OMI",
  about:
    "Copies one of the account's own OMIs, given by id or name, into other regions: exports it to a bucket once, and imports it\n" +
    "into all of them at the same time. Tags are copied; permissions are set by -share and -public.",
  flags: flagSpecs,
  examples: [
    "outscale-chroot omi copy -to us-east-2 -bucket images web-2026-01",
    "outscale-chroot omi copy -to us-east-2,ap-northeast-1 -region-profile us-east-2=prod-us -bucket images -create-bucket ami-1a2b3c4d",
  ],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    const omi = onePositional(positionals, { what: "OMI is copied", hint: "Give its id or its name" });
    const targets = targetsOf(flags);
    const bucket = bucketOf(flags);
    using log = openDebugLog(flags.log, io);
    using wishes = watchStopSignals(io, (message) => io.stderr.write(`${message}\n`), "copy");
    using report = new TransferReport(io, { isForProgram: flags.json ?? false });
    const copied = await copyOmi({
      ...omisInput(flags, io, log),
      ...bucket,
      ...{ omi, targets, method: flags.method, name: flags.name, keepObjects: flags["keep-objects"] },
      ...{ force: flags.force, forceDeleteSnapshot: flags["force-delete-snapshot"] },
      ...{ ui: report.ui, onProgress: report.tell, signal: wishes.signal, hurry: wishes.hurry },
    });
    report[Symbol.dispose]();
    if (flags.json) writeJson(io, copyRecord(copied));
    else io.stdout.write(copyText(copied));
    const { runId } = copied;
    const failure = copyFailure(copied, {
      retry: (regions) => commandFor(copied, regions, flags),
      cleanup: cleanupCommand({ runId, stateFolder: flags.state, env: io.env }),
    });
    if (failure !== undefined) throw failure;
    return ExitCode.Success;
  },
};

/** The same command for the regions that have no copy. */
function commandFor({ imageId }: CopiedOmi, regions: readonly string[], flags: FlagValues<typeof flagSpecs>): string {
  const texts = ["bucket", "prefix", "method", "name", "profile", "local-state", "state"] as const;
  const pairs = ["region-profile", "share", "share-snapshot"] as const;
  const switches = [
    ...(["create-bucket", "keep-objects", "force", "force-delete-snapshot"] as const),
    ...(["public", "public-snapshot", "local"] as const),
  ];
  const isOfThem = (pair: string) => regions.some((region) => pair.startsWith(`${region}=`));
  return shellQuote([
    ...["outscale-chroot", "omi", "copy", "-to", regions.join(",")],
    ...texts.flatMap((name) => (flags[name] === undefined ? [] : [`-${name}`, flags[name]])),
    ...pairs.flatMap((name) => flags[name].filter(isOfThem).flatMap((pair) => [`-${name}`, pair])),
    ...switches.flatMap((name) => (flags[name] ? [`-${name}`] : [])),
    imageId,
  ]);
}
