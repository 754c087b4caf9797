import { lstat, mkdir, mkdtemp, realpath, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MountView } from "./mount-view.ts";
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
 * @param look Gets the folder as our own process reaches it
 */
export async function withReadOnlyMount<T>(
  view: MountView,
  { path, filesystem }: FilesystemPlace,
  look: (folder: string) => Promise<T>,
  extraOptions: readonly string[] = [],
): Promise<T> {
  // Resolved, since the mount table has it so. The mount hides the mode of its own folder: the one above keeps others out.
  const closed = await realpath(await mkdtemp(join(tmpdir(), "outscale-chroot-peek-")));
  const folder = join(closed, "root");
  await mkdir(folder);
  try {
    const { type } = filesystem;
    const options = ["ro", "nosuid", "nodev", "noexec", ...typeOptions(type), ...(READ_ONLY_OPTIONS[type] ?? [])];
    await mountFilesystem(view, { source: path, target: folder, type, options: [...options, ...extraOptions] });
    return await look(join(view.rootPrefix, folder));
  } finally {
    await unmountBelow(folder, { view });
    await rmdir(folder);
    await rmdir(closed);
  }
}

/** Looks without following links: those of an image lead to the host. `os-release` itself is a link on most systems. */
export async function holdsSystem(folder: string): Promise<boolean> {
  const etc = await lstat(join(folder, "etc")).catch(() => undefined);
  if (!etc?.isDirectory()) return false;
  return (await lstat(join(folder, "etc/os-release")).catch(() => undefined)) !== undefined;
}
