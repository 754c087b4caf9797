import { access, lstat } from "node:fs/promises";
import { join } from "node:path";
import { DeviceError } from "../common/errors.ts";
import { chooseRoots, listSubvolumes, type Subvolume } from "./btrfs-subvolumes.ts";
import type { LookView } from "./mount-view.ts";
import { type FilesystemPlace, holdsSystem, isPlainFolder, withReadOnlyMount } from "./read-only-mount.ts";

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
 * Which subvolume of a btrfs holds the system: the default one, which is what an image says for itself, else the one at
 * whatever depth that does, snapshots of it aside.
 * @throws {DeviceError} when several could, or the host has a file system of the same id mounted and would mix them up
 */
export async function findBtrfsRoot(view: LookView, place: FilesystemPlace): Promise<BtrfsRoot> {
  await refuseSharedFsid(place);
  if (await withReadOnlyMount(view, place, holdsSystem)) return { hasSystem: true, options: [] };
  const [root, second, ...more] = chooseRoots(await findSystems(view, place));
  if (root === undefined) return { hasSystem: false, options: [] };
  if (second !== undefined) {
    const names = [root, second, ...more].map(({ path }) => path).sort();
    const hint = `Name one in mount_options: subvol=${names[0]}`;
    throw new DeviceError(`Several subvolumes of "${place.path}" hold a system: ${names.join(", ")}`, { hint });
  }
  // A name with a comma could not be written as a mount option.
  const option = root.path.includes(",") ? `subvolid=${root.id}` : `subvol=${root.path}`;
  return { hasSystem: true, options: [option] };
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

async function findSystems(view: LookView, place: FilesystemPlace): Promise<Subvolume[]> {
  const look = async (folder: string, mountedOn: string) => {
    const subvolumes = await listSubvolumes(view.runner, mountedOn);
    const hold = await Promise.all(subvolumes.map(({ path }) => isSystemAt(folder, path)));
    return subvolumes.filter((_, index) => hold[index]);
  };
  return withReadOnlyMount(view, place, look, [TOP_LEVEL]);
}

/** A name of a crafted file system may hold `..`, or stand for a link. */
async function isSystemAt(folder: string, path: string): Promise<boolean> {
  if (!(await isPlainFolder(folder, path))) return false;
  const { ino } = await lstat(join(folder, path));
  return ino === SUBVOLUME_INODE && holdsSystem(join(folder, path));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
