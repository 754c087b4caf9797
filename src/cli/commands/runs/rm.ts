import { ExitCode, UsageError } from "../../../common/errors.ts";
import { forgetRun } from "../../../history/runs.ts";
import type { Command } from "../../command.ts";
import { parseFlags } from "../../flags.ts";
import { stateFlag, stateFolderOf } from "./state-flag.ts";

export const removeAction: Command = {
  usage: "runs rm [flags] RUN...",
  about:
    "Removes the records of runs, and nothing else. A run that is alive, or has left something behind, is refused:\n" +
    "run cleanup first.",
  flags: stateFlag,
  examples: ["outscale-chroot runs rm 0a1b2c3d4e5f"],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(stateFlag, argv);
    if (positionals.length === 0 || positionals.includes("")) throw new UsageError("No run is given");
    for (const start of positionals) {
      const runId = forgetRun(stateFolderOf(flags, io.env), start, io.env);
      io.stdout.write(`Removed the record of ${runId}\n`);
    }
    return ExitCode.Success;
  },
};
