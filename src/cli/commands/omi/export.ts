import { exportOmi } from "../../../bake/omis/export-omi.ts";
import { ExitCode } from "../../../common/errors.ts";
import { openDebugLog } from "../../../terminal/debug-log.ts";
import { watchStopSignals } from "../../../terminal/signals.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlags } from "../../flags.ts";
import { writeJson } from "../../output/json-report.ts";
import { TransferReport } from "../../output/transfer-report.ts";
import { accountFlags, omisInput } from "./account-flags.ts";
import { bucketFlags, bucketOf } from "./bucket-flags.ts";
import { onePositional } from "./one-positional.ts";

const flagSpecs = {
  ...bucketFlags,
  format: {
    type: "string",
    value: "FORMAT",
    choices: ["qcow2", "raw"],
    about: "the format of the disks; qcow2 by default",
  },
  ...accountFlags,
} as const satisfies Flags;

export const exportAction: Command = {
  usage: "omi export -bucket NAME [flags] OMI",
  about:
    "Exports one of the account's own OMIs, given by id or name, to a bucket of its region: its disks, compressed, and a manifest.\n" +
    "Prints the manifest's name, which omi import takes. The objects stay in the bucket until somebody deletes them.",
  flags: flagSpecs,
  examples: ["outscale-chroot omi export -bucket images web-2026-01"],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    const omi = onePositional(positionals, { what: "OMI is exported", hint: "Give its id or its name" });
    const bucket = bucketOf(flags);
    using log = openDebugLog(flags.log, io);
    using wishes = watchStopSignals(io, (message) => io.stderr.write(`${message}\n`), "export");
    using report = new TransferReport(io, { isForProgram: flags.json ?? false });
    const exported = await exportOmi({
      ...omisInput(flags, io, log),
      ...bucket,
      ...{ omi, format: flags.format },
      ...{ ui: report.ui, onProgress: report.tell, signal: wishes.signal, hurry: wishes.hurry },
    });
    report[Symbol.dispose]();
    if (flags.json) writeJson(io, exported);
    else io.stdout.write(`${exported.bucket}/${exported.manifest}\n`);
    return ExitCode.Success;
  },
};
