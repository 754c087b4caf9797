import type { Command } from "../../command.ts";

// Packer starts the plugin's own file. These are the same for a wrapper that somebody has around this program.

export const describeAction: Command = {
  usage: "plugin describe",
  about: "Prints what Packer asks plugins for when it looks for them: one JSON object.",
  flags: {},
  examples: ["outscale-chroot plugin describe"],
  run: ({ runPlugin }) => runPlugin(["describe"]),
};

export const start: Command = {
  usage: "plugin start builder NAME",
  about: "Serves the builder to the Packer that started this process. Started by hand, it only says so.",
  flags: {},
  examples: ["outscale-chroot plugin start builder chroot"],
  run: ({ argv, runPlugin }) => runPlugin(["start", ...argv]),
};
