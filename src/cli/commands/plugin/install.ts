import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ExitCode, UsageError } from "../../../common/errors.ts";
import { version } from "../../../common/version.ts";
import { hiddenByStandIn, type Installation, installPlugin } from "../../../plugin-install/install-plugin.ts";
import type { PackerCore } from "../../../plugin-install/packer-core.ts";
import { sourceAddress } from "../../../plugin-install/places.ts";
import { type PluginIdentity, pluginNames } from "../../../plugin-install/plugin-name.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlagsAlone } from "../../flags.ts";
import { packerFlag, readPacker } from "./packer-flag.ts";

const flagSpecs = {
  ...packerFlag,
  as: { type: "string", choices: pluginNames, about: "the plugin's name; outscale stands in for the official plugin" },
  "as-version": {
    type: "string",
    value: "X.Y.Z",
    about: "with -as outscale: the version that templates require of the official plugin",
  },
  force: { type: "boolean", about: "installs in place of another plugin, or beside the official one" },
} as const satisfies Flags;

export const install: Command = {
  usage: "plugin install [flags]",
  about:
    "Installs the plugin where Packer looks for it, in the form that this version of Packer needs.\n" +
    "It replaces an older version of itself, and nothing else.",
  flags: flagSpecs,
  examples: [
    "outscale-chroot plugin install",
    "outscale-chroot plugin install -packer /opt/packer/packer -as outscale -as-version 1.5.0",
  ],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(flagSpecs, argv);
    const identity = identityFor(flags.as ?? "outscale-chroot", flags["as-version"]);
    const core = await readPacker(flags, io.env);
    const source = bundledPlugin();
    const installation = await installPlugin({ source, core, identity, env: io.env, force: flags.force === true });
    for (const line of warningsOf(installation, identity)) io.stderr.write(`Warning: ${line}\n`);
    io.stdout.write(installedText(installation, core, identity));
    return ExitCode.Success;
  },
};

function identityFor(name: PluginIdentity["name"], asVersion: string | undefined): PluginIdentity {
  if (asVersion === undefined) return { name, version };
  if (name !== "outscale") throw new UsageError("-as-version goes with -as outscale");
  if (!/^\d+\.\d+\.\d+$/.test(asVersion)) throw new UsageError(`-as-version must be like 1.5.0, not "${asVersion}"`);
  return { name, version: asVersion };
}

/** The file that `npm run build` makes, beside the folder of this program's own code. */
function bundledPlugin(): string {
  const path = fileURLToPath(new URL("../packer-plugin/outscale-chroot", import.meta.url));
  if (existsSync(path)) return path;
  throw new UsageError(`The plugin's file "${path}" is missing`, { hint: "npm run build makes it" });
}

function warningsOf({ rivals }: Installation, { name }: PluginIdentity): string[] {
  const hidden =
    name === "outscale"
      ? [`Packer no longer finds these, which the official plugin has: ${hiddenByStandIn.join(", ")}`]
      : [];
  const claimed = rivals.map(
    ({ path }) =>
      `"${path}" has a builder outscale-chroot too; a JSON template may get either, an HCL2 template the required one`,
  );
  return [...hidden, ...claimed];
}

function installedText(
  { path }: Installation,
  { version: packer, layout }: PackerCore,
  identity: PluginIdentity,
): string {
  const required = [
    "",
    "A template that requires its plugins says:",
    `  ${identity.name} = {`,
    `    source  = "${sourceAddress(identity.name)}"`,
    `    version = ">= ${identity.version}"`,
    "  }",
  ];
  const lines = [`Installed for Packer ${packer}: ${path}`, ...(layout === "source-tree" ? required : [])];
  return `${lines.join("\n")}\n`;
}
