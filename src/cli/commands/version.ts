import { ExitCode } from "../../common/errors.ts";
import { version } from "../../common/version.ts";
import type { Command } from "../command.ts";

export const versionCommand: Command = {
  usage: "version",
  about: "Prints the version.",
  flags: {},
  examples: ["outscale-chroot version"],
  run: async ({ io }) => {
    io.stdout.write(`outscale-chroot ${version}\n`);
    return ExitCode.Success;
  },
};
