import { createHash } from "node:crypto";
import { type FileHandle, mkdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isErrno } from "../common/errno.ts";
import { UsageError } from "../common/errors.ts";
import { makeWholeFile, partialName } from "../common/whole-file.ts";
import { compiledFolderOf } from "./compiled-folder.ts";
import { checksumPath, findInstalled, type InstalledPlugin } from "./installed-plugins.ts";
import type { PackerCore } from "./packer-core.ts";
import { pluginFolder, pluginFolderParent, pluginPath } from "./places.ts";
import type { PluginIdentity } from "./plugin-name.ts";

/** What the official plugin named `outscale` has that this one has not. */
export const hiddenByStandIn = [
  "the builder outscale-bsu",
  "the builder outscale-bsusurrogate",
  "the builder outscale-bsuvolume",
  "the data source outscale-omi",
] as const;

export interface InstallInput {
  /** The bundled file. */
  readonly source: string;
  readonly core: PackerCore;
  readonly identity: PluginIdentity;
  readonly env: NodeJS.ProcessEnv;
  /** Installs beside the official plugin all the same. */
  readonly force: boolean;
}

export interface Installation {
  readonly path: string;
  /** The official plugin's files, whose builder of the same type may be the one that runs. */
  readonly rivals: readonly InstalledPlugin[];
}

/**
 * Puts the plugin where a Packer looks; an older one of ours makes way.
 * @throws {UsageError} for a stand-in beside the official plugin, unless forced
 */
export async function installPlugin({ source, core, identity, env, force }: InstallInput): Promise<Installation> {
  const folder = pluginFolder(core, env);
  const path = pluginPath(folder, core, identity);
  const installed = await findInstalled(folder);
  const rivals = installed.filter(({ isOfficial }) => isOfficial);
  if (rivals.length > 0 && identity.name === "outscale" && !force) throw refusal(rivals);
  const foreign = installed.find((plugin) => plugin.path === path && !plugin.isOurs);
  if (foreign && !force) throw new UsageError(`"${path}" is another plugin`, { hint: "-force replaces it" });
  for (const old of installed) {
    // Another Packer with the same folder sees only files of the other kind, and keeps its own.
    const isInTree = dirname(old.path) !== folder;
    const isSeen = isInTree === (core.layout === "source-tree");
    if (old.isOurs && isSeen && old.path !== path) await removeFile(old.path);
  }
  await putFile(source, path);
  if (core.layout === "source-tree") await writeFile(checksumPath(path), await checksum(path), { mode: 0o644 });
  return { path, rivals };
}

function refusal(rivals: readonly InstalledPlugin[]): UsageError {
  const paths = rivals.map(({ path }) => `"${path}"`).join(", ");
  return new UsageError(
    `The official plugin is installed: ${paths}. Beside it, ${hiddenByStandIn.join(", ")} may be hidden`,
    {
      hint: "Remove it, install without -as, or use -force",
    },
  );
}

/** Removes every plugin of ours from a Packer's folder, and the folders that are empty then. @returns their paths */
export async function uninstallPlugin(core: PackerCore, env: NodeJS.ProcessEnv): Promise<string[]> {
  const ours = (await findInstalled(pluginFolder(core, env))).filter(({ isOurs }) => isOurs);
  for (const { path } of ours) {
    await removeFile(path);
    await removeEmptyFolders(dirname(path), pluginFolderParent(core, env));
  }
  return ours.map(({ path }) => path);
}

/** Upwards, until one has something in it, or is `end`. */
async function removeEmptyFolders(folder: string, end: string): Promise<void> {
  for (let path = folder; path !== end && path.startsWith(`${end}/`); path = dirname(path)) {
    try {
      await rmdir(path);
    } catch (error) {
      if (isErrno(error, "ENOTEMPTY", "EEXIST")) return;
      throw error;
    }
  }
}

/** A Packer that starts meanwhile finds the old file or the new one, never half of one. */
async function putFile(source: string, path: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const fill = async (file: FileHandle) => {
    await file.writeFile(await readFile(source));
    await file.chmod(0o755);
  };
  // The name begins with a dot: no Packer takes it for a plugin.
  await makeWholeFile(path, fill, { partial: partialName(join(folder, ".outscale-chroot")) });
}

async function removeFile(path: string): Promise<void> {
  await rm(checksumPath(path), { force: true });
  await rm(path, { force: true });
  await rm(compiledFolderOf(path), { recursive: true, force: true });
}

/** As Packer writes it: 64 digits, and no line end. */
export async function checksum(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}
