import { access, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { DeviceError } from "../common/errors.ts";
import type { MountView } from "./mount-view.ts";
import { type FilesystemPlace, holdsSystem, withReadOnlyMount } from "./read-only-mount.ts";

/** Names that distributions give the subvolume of their root: Ubuntu and SUSE, Fedora, Debian. */
const USUAL_NAMES = ["@", "root", "@rootfs"];
/** The inode number of every subvolume's top. @see Linux, BTRFS_FIRST_FREE_OBJECTID */
const SUBVOLUME_INODE = 256;
const TOP_LEVEL = "subvolid=5";

export interface BtrfsRoot {
  /** Is there a system at all? */
  readonly hasSystem: boolean;
  /** `subvol=@`, or nothing when the default subvolume is the one. */
  readonly options: readonly string[];
}

/**
 * Which subvolume of a btrfs holds the system: the default one, else one at the top level, where the usual names come
 * first because snapshots of a root look just like it.
 * @throws {DeviceError} when several could, or the host has a file system of the same id mounted and would mix them up
 */
export async function findBtrfsRoot(view: MountView, place: FilesystemPlace): Promise<BtrfsRoot> {
  await refuseSharedFsid(place);
  if (await withReadOnlyMount(view, place, holdsSystem)) return { hasSystem: true, options: [] };
  const names = await withReadOnlyMount(view, place, listSystems, [TOP_LEVEL]);
  const name = USUAL_NAMES.find((usual) => names.includes(usual)) ?? names[0];
  if (name === undefined) return { hasSystem: false, options: [] };
  if (names.length > 1 && !USUAL_NAMES.includes(name)) {
    const hint = "Name one in mount_options: subvol=NAME";
    throw new DeviceError(`Several subvolumes of "${place.path}" hold a system: ${names.join(", ")}`, { hint });
  }
  return { hasSystem: true, options: [`subvol=${name}`] };
}

/**
 * Two btrfs of one file system id are one to a kernel without temporary ids: mounting the clone may give the original.
 * @throws {DeviceError} then
 * @see Linux 6.7, btrfs: temp_fsid
 */
export async function refuseSharedFsid({ path, filesystem }: FilesystemPlace, sysfs = "/sys"): Promise<void> {
  const isMounted = await exists(`${sysfs}/fs/btrfs/${filesystem.uuid}`);
  if (!isMounted || (await exists(`${sysfs}/fs/btrfs/features/temp_fsid`))) return;
  throw new DeviceError(
    `This machine has a btrfs with the same id (${filesystem.uuid}) as "${path}" mounted, and its kernel mixes them up`,
    { hint: "Build on a VM that was not made from the same image, or with Linux 6.7 or later" },
  );
}

async function listSystems(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  const found = await Promise.all(
    names.map(async (name) => {
      const entry = await lstat(join(folder, name));
      return entry.isDirectory() && entry.ino === SUBVOLUME_INODE && (await holdsSystem(join(folder, name)));
    }),
  );
  // A name with a comma could not be written as a mount option.
  return names.filter((name, index) => found[index] && !name.includes(",")).sort();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
