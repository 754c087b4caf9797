import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "../common/errors.ts";
import type { PackerCore } from "./packer-core.ts";
import { API_VERSION, type PluginIdentity, type PluginName } from "./plugin-name.ts";

/** The first parts of a plugin's source address, as `required_plugins` has it. */
const SOURCE_OWNER = "github.com/outscale";

/** What a template writes as the source of a plugin: `github.com/outscale/outscale-chroot`. */
export function sourceAddress(name: PluginName): string {
  return `${SOURCE_OWNER}/${name}`;
}

/**
 * The folder in which a Packer looks for plugins.
 * @throws {UsageError} when the environment names no home, or several folders where one is wanted
 * @see hashicorp/packer-plugin-sdk, pathing/config_file_unix.go
 */
export function pluginFolder({ usesXdg, layout }: PackerCore, env: NodeJS.ProcessEnv): string {
  const [named, ...others] = (env.PACKER_PLUGIN_PATH ?? "").split(":").filter(Boolean);
  if (named && others.length > 0 && layout === "source-tree") {
    throw new UsageError("PACKER_PLUGIN_PATH names several folders, and this Packer takes one");
  }
  return named ?? join(configFolder(usesXdg, env), "plugins");
}

/**
 * The folder that was there before any plugin was installed: the one that the environment names, else the one in which
 * Packer's own configuration lies.
 */
export function pluginFolderParent(core: PackerCore, env: NodeJS.ProcessEnv): string {
  return env.PACKER_PLUGIN_PATH ? pluginFolder(core, env) : dirname(configFolder(core.usesXdg, env));
}

function configFolder(usesXdg: boolean, env: NodeJS.ProcessEnv): string {
  if (env.PACKER_CONFIG_DIR) return join(env.PACKER_CONFIG_DIR, ".packer.d");
  if (!env.HOME) throw new UsageError("HOME is not set, and Packer looks for plugins below it");
  const classic = join(env.HOME, ".packer.d");
  if (!usesXdg || existsSync(classic)) return classic;
  return join(env.XDG_CONFIG_HOME || join(env.HOME, ".config"), "packer");
}

/** Where the plugin's file goes. A file in the source tree has its checksum beside it. */
export function pluginPath(folder: string, { layout }: PackerCore, { name, version }: PluginIdentity): string {
  // Every old core builds the type from the file's name alone, whatever the plugin's name is.
  if (layout === "builder-file") return join(folder, "packer-builder-outscale-chroot");
  if (layout === "plugin-file") return join(folder, `packer-plugin-${name}`);
  return join(
    folder,
    sourceAddress(name),
    `packer-plugin-${name}_v${version}_${API_VERSION}_linux_${goArchitecture()}`,
  );
}

/** The name of this machine's processor in Go's terms. */
function goArchitecture(): string {
  return process.arch === "x64" ? "amd64" : process.arch;
}
