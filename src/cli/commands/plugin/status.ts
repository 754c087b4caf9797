import { ExitCode } from "../../../common/errors.ts";
import { findInstalled, type InstalledPlugin } from "../../../plugin-install/installed-plugins.ts";
import type { PackerCore } from "../../../plugin-install/packer-core.ts";
import { pluginFolder } from "../../../plugin-install/places.ts";
import { identityOf } from "../../../plugin-install/plugin-name.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlagsAlone } from "../../flags.ts";
import { packerFlag, readPacker } from "./packer-flag.ts";

const flagSpecs = { ...packerFlag, json: { type: "boolean", about: "prints JSON" } } as const satisfies Flags;

export const status: Command = {
  usage: "plugin status [flags]",
  about: "Shows where Packer looks for plugins, and which of them are for OUTSCALE.",
  flags: flagSpecs,
  examples: ["outscale-chroot plugin status", "outscale-chroot plugin status -json"],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(flagSpecs, argv);
    const core = await readPacker(flags, io.env);
    const folder = pluginFolder(core, io.env);
    const plugins = await findInstalled(folder);
    io.stdout.write(
      flags.json ? `${JSON.stringify({ core, folder, plugins }, null, 2)}\n` : text(core, folder, plugins),
    );
    return ExitCode.Success;
  },
};

function text(core: PackerCore, folder: string, plugins: readonly InstalledPlugin[]): string {
  const lines = plugins.map((plugin) => `  ${plugin.path}: ${describe(plugin)}`);
  return [
    `Packer ${core.version} (${core.program}) looks in ${folder}`,
    ...(lines.length > 0 ? lines : ["  no plugin for OUTSCALE is there; outscale-chroot plugin install puts it there"]),
    "",
  ].join("\n");
}

function describe({ path, isOurs, isOfficial }: InstalledPlugin): string {
  if (isOurs) return `this plugin, ${identityOf(path).version}`;
  return isOfficial ? "the official plugin" : "another plugin";
}
