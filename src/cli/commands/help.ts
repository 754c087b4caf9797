import { ExitCode } from "../../common/errors.ts";
import type { Command } from "../command.ts";
import { findCommand } from "../find-command.ts";
import { commandText, overviewText } from "../help-text.ts";

export const help: Command = {
  usage: "help [COMMAND [ACTION]]",
  about: "Lists the commands, or explains one of them.",
  flags: {},
  examples: ["outscale-chroot help build", "outscale-chroot help local-cloud start"],
  async run({ argv, io }) {
    io.stdout.write(argv.length === 0 ? overviewText() : commandText((await findCommand(argv)).command));
    return ExitCode.Success;
  },
};
