import { ExitCode } from "../../../common/errors.ts";
import { uninstallPlugin } from "../../../plugin-install/install-plugin.ts";
import type { Command } from "../../command.ts";
import { parseFlagsAlone } from "../../flags.ts";
import { packerFlag, readPacker } from "./packer-flag.ts";

export const uninstall: Command = {
  usage: "plugin uninstall [flags]",
  about: "Removes the plugin from Packer's folders, under every name it was installed as; nothing else is touched.",
  flags: packerFlag,
  examples: ["outscale-chroot plugin uninstall"],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(packerFlag, argv);
    const core = await readPacker(flags, io.env);
    const removed = await uninstallPlugin(core, io.env);
    io.stdout.write(removed.map((path) => `Removed ${path}\n`).join("") || "The plugin is not installed.\n");
    return ExitCode.Success;
  },
};
