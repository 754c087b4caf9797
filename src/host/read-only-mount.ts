import { lstat, mkdir, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { LookView } from "./mount-view.ts";
import { mountFilesystem, unmountBelow } from "./mounts.ts";
import type { Filesystem } from "./probe-filesystem.ts";
import { typeOptions } from "./type-options.ts";

/** A file system on a device node. */
export interface FilesystemPlace {
  readonly path: string;
  readonly filesystem: Filesystem;
}

/** What keeps a read-only mount from writing, which replaying a journal would be. */
const READ_ONLY_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  ext3: ["noload"],
  ext4: ["noload"],
  xfs: ["norecovery"],
  btrfs: ["rescue=nologreplay"],
};

/**
 * Mounts a file system read-only in a folder of ours while `look` runs; its journal is not replayed.
 * @param look Gets the folder as our own process reaches it, and as programs in the view do
 */
export async function withReadOnlyMount<T>(
  view: LookView,
  { path, filesystem }: FilesystemPlace,
  look: (folder: string, folderInView: string) => Promise<T>,
  extraOptions: readonly string[] = [],
): Promise<T> {
  // The mount hides the mode of its own folder: the one above keeps others out.
  const folder = join(view.lookFolder, "root");
  await mkdir(folder);
  try {
    const { type } = filesystem;
    const options = ["ro", "nosuid", "nodev", "noexec", ...typeOptions(type), ...(READ_ONLY_OPTIONS[type] ?? [])];
    await mountFilesystem(view, { source: path, target: folder, type, options: [...options, ...extraOptions] });
    return await look(join(view.rootPrefix, folder), folder);
  } finally {
    await unmountBelow(folder, { view });
    await rmdir(folder);
  }
}

/**
 * Does an image say here which system it is? Looks without following links: those of an image lead to the host.
 * `os-release` itself is a link on most systems.
 */
export async function holdsSystem(folder: string): Promise<boolean> {
  return (await hasPlain(folder, "etc/os-release")) || (await hasPlain(folder, "usr/lib/os-release"));
}

/** Is a file or link there, below folders that are no links? */
export async function hasPlain(folder: string, path: string): Promise<boolean> {
  const above = dirname(path);
  if (above !== "." && !(await isPlainFolder(folder, above))) return false;
  return (await lstatIfThere(join(folder, path))) !== undefined;
}

/** Is this a folder, not a link to one, below folders of that kind? */
export async function isPlainFolder(folder: string, path: string): Promise<boolean> {
  const above = dirname(path);
  if (above !== "." && !(await isPlainFolder(folder, above))) return false;
  return basename(path) !== ".." && ((await lstatIfThere(join(folder, path)))?.isDirectory() ?? false);
}

async function lstatIfThere(path: string) {
  return lstat(path).catch(() => undefined);
}
