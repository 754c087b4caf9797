import { type CopiedOmi, copyOmi } from "../../../bake/omis/copy-omi.ts";
import { type FailedRegion, RegionCopyError } from "../../../builder/region-copy/region-copy-error.ts";
import { ExitCode, LeftoverError } from "../../../common/errors.ts";
import { openDebugLog } from "../../../terminal/debug-log.ts";
import { watchStopSignals } from "../../../terminal/signals.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlags } from "../../flags.ts";
import { copyRecord, copyText } from "../../output/copy-text.ts";
import { writeJson } from "../../output/json-report.ts";
import { TransferReport } from "../../output/transfer-report.ts";
import { accountFlags, omisInput } from "./account-flags.ts";
import { bucketFlags, bucketOf } from "./bucket-flags.ts";
import { onePositional } from "./one-positional.ts";
import { regionFlags, targetsOf } from "./region-flags.ts";

const flagSpecs = {
  ...regionFlags,
  ...bucketFlags,
  "keep-objects": { type: "boolean", about: "leaves what was exported in the bucket" },
  method: {
    type: "string",
    value: "HOW",
    choices: ["image", "snapshots"],
    about: "image: whole, with its product codes (the default); snapshots: disk by disk, without a manifest",
  },
  name: { type: "string", value: "NAME", about: "the OMI's name there, if it is to be another one" },
  ...accountFlags,
} as const satisfies Flags;

export const copyAction: Command = {
  usage: "omi copy -to REGION[,REGION] -bucket NAME [flags] OMI",
  about:
    "Copies an OMI of the account's own, by its id or its name, into other regions: it is exported to a bucket once, and imported\n" +
    "into all of them at the same time. Tags go along; permissions are what -share and -public say.",
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
      ...{ ui: report.ui, onProgress: report.tell, signal: wishes.signal, hurry: wishes.hurry },
    });
    report[Symbol.dispose]();
    if (flags.json) writeJson(io.stdout, copyRecord(copied));
    else io.stdout.write(copyText(copied));
    throwIfFailed(copied, bucket.bucket);
    return ExitCode.Success;
  },
};

/**
 * @throws {RegionCopyError} when a region has no copy
 * @throws {LeftoverError} when something could not be taken down
 */
function throwIfFailed({ imageId, copies, isSomethingLeft }: CopiedOmi, bucket: string): void {
  const failed = copies.flatMap((copy): readonly FailedRegion[] => (copy.outcome === "copied" ? [] : [copy]));
  if (failed.length > 0) {
    const regions = failed.map(({ region }) => region).join(",");
    throw new RegionCopyError(failed, `outscale-chroot omi copy -to ${regions} -bucket ${bucket} ${imageId}`);
  }
  if (!isSomethingLeft) return;
  throw new LeftoverError("The copies stand, and something else could not be taken down", {
    leftovers: [],
    hint: "Free what is named above, then run: outscale-chroot cleanup",
  });
}
