import { ExitCode } from "../../../common/errors.ts";
import { criticalPath } from "../../../history/critical-path.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlags } from "../../flags.ts";
import { writeJson } from "../../output/json-report.ts";
import { recordText } from "../../output/record-text.ts";
import { timingText } from "../../output/timing-text.ts";
import { askedRecord } from "./one-record.ts";
import { stateFlag } from "./state-flag.ts";

const flagSpecs = {
  ...stateFlag,
  json: { type: "boolean", about: "prints the whole record as JSON" },
  timing: { type: "boolean", about: "shows where its time went: its critical path" },
  lines: { type: "boolean", about: "prints the last lines of the run, too" },
} as const satisfies Flags;

export const showAction: Command = {
  usage: "runs show [flags] RUN",
  about: "Shows how a run went: its source and product, how long each part took, its waits, warnings and error.",
  flags: flagSpecs,
  examples: ["outscale-chroot runs show 0a1b", "outscale-chroot runs show -json 0a1b2c3d4e5f"],
  async run({ argv, io }) {
    const asked = parseFlags(flagSpecs, argv);
    const { flags } = asked;
    const record = askedRecord(asked, io.env);
    if (flags.json) writeJson(io, flags.timing ? { ...record, timing: criticalPath(record) } : record);
    else if (flags.timing) io.stdout.write(timingText(record));
    else io.stdout.write(recordText(record, { lines: flags.lines === true }));
    return ExitCode.Success;
  },
};
