import { randomBytes } from "node:crypto";
import { constants, unlinkSync } from "node:fs";
import { type FileHandle, open, realpath, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { ignoreErrno, isErrno } from "../common/errno.ts";
import { throwIfCancelled } from "../common/errors.ts";
import type { MountView } from "./mount-view.ts";
import { type MountEntry, mountsBelow, readMountinfo, visibleMounts } from "./mountinfo.ts";
import { findProgram } from "./program-path.ts";

/** File systems in which a file that is filled takes what is free. */
const TYPES = ["ext2", "ext3", "ext4", "xfs", "btrfs"];
const ZEROS = Buffer.alloc(4 * 1024 * 1024);
/** No file system has smaller blocks. */
const SMALLEST_BYTES = 512;

export interface ZeroFreeSpaceInput {
  readonly view: MountView;
  /** What the image's own file systems are mounted from: the volume and its partitions. */
  readonly devices: readonly string[];
  readonly signal: AbortSignal;
  readonly onWarning: (message: string) => void;
}

/**
 * Writes zeros over the free space of every file system of an image that is mounted at a path and below it: what was removed is no
 * longer to be found, and snapshots need less room. Then the space is given back (fstrim) where the device takes it, so that
 * a sparse disk stays sparse. That reaches also what no file can take: metadata of btrfs, and the rest of a block that
 * described the file of zeros itself on ext4.
 *
 * What each kind needs: ext4 gives up the blocks that it keeps back; a file of btrfs must not be compressed, or zeros fill
 * nothing; xfs lists what is free when it is no longer mounted, and {@link zeroXfsFreeSpace} reaches all of it.
 * @returns the file systems; those of xfs were but trimmed where xfs_db is there, and are to be overwritten once unmounted
 * @throws {CancelledError}, {CommandError}, and the error of the system call when zeros cannot be written
 */
export async function zeroFreeSpace(
  path: string,
  { view, devices, signal, onWarning }: ZeroFreeSpaceInput,
): Promise<MountEntry[]> {
  const mounts = mountsBelow(await readMountinfo(view.mountinfoPath), path).reverse();
  const { filesystems, hidden } = filesystemsToZero(mounts, devices);
  for (const { source, mountPoint } of hidden) {
    onWarning(
      `The free space of ${source} is not overwritten: another file system is mounted over it, on "${mountPoint}"`,
    );
  }
  for (const mount of filesystems) {
    throwIfCancelled(signal);
    if (!isZeroedUnmounted(mount)) await fillOnce(mount, view, signal);
    await view.runner.run(["sync", "--file-system", mount.mountPoint]);
    // 1 and 32: the device, or the file system, cannot.
    await view.runner.run(["fstrim", mount.mountPoint], { okExitCodes: [0, 1, 32], signal });
  }
  return filesystems;
}

/** Is the free space of a file system to be overwritten by {@link zeroXfsFreeSpace}, once it is unmounted? */
export function isZeroedUnmounted({ fsType }: MountEntry): boolean {
  return fsType === "xfs" && findProgram("xfs_db") !== undefined;
}

/**
 * Each once, also where several of its folders or subvolumes are mounted. Left out are those that cannot be written to, and
 * what comes from elsewhere: filling a folder of this machine that is bound into the image would fill this machine's disk.
 * @param mounts The oldest first
 * @returns with those of the image's own that no path leads to: what is mounted over them would be filled in their place
 */
export function filesystemsToZero(
  mounts: readonly MountEntry[],
  devices: readonly string[],
): { readonly filesystems: MountEntry[]; readonly hidden: MountEntry[] } {
  const isOwn = ({ fsType, options, source }: MountEntry) =>
    devices.includes(source) && TYPES.includes(fsType) && options.includes("rw");
  const filesystems = oncePerSource(visibleMounts(mounts).filter(isOwn));
  const reached = new Set(filesystems.map(({ source }) => source));
  return { filesystems, hidden: oncePerSource(mounts.filter((each) => isOwn(each) && !reached.has(each.source))) };
}

function oncePerSource(mounts: readonly MountEntry[]): MountEntry[] {
  return mounts.filter(({ source }, index) => mounts.findIndex((other) => other.source === source) === index);
}

async function fillOnce(mount: MountEntry, view: MountView, signal: AbortSignal): Promise<void> {
  const { mountPoint, fsType } = mount;
  await releaseReserve(mount);
  const name = `.outscale-chroot-${randomBytes(6).toString("hex")}`;
  const path = join(`${view.rootPrefix}${mountPoint}`, name);
  // Blocks are taken when they are written: promised to pages, they may turn out not to be there.
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_DSYNC } = constants;
  // Without a name it goes with us, however we end.
  await using file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_DSYNC, 0o600);
  try {
    if (fsType === "btrfs") await view.runner.run(["chattr", "+C", "--", join(mountPoint, name)]);
  } finally {
    unlinkSync(path);
  }
  // What was promised to metadata and not needed is free again once the data is on the disk.
  while ((await fill(file, signal)) > 0) await file.sync().catch(ignoreErrno("ENOSPC"));
}

/** Writes zeros until there is no space left. @returns the bytes */
async function fill(file: FileHandle, signal: AbortSignal): Promise<number> {
  let filled = 0;
  for (let size = ZEROS.length; size >= SMALLEST_BYTES; ) {
    throwIfCancelled(signal);
    try {
      const { bytesWritten } = await file.write(ZEROS, 0, size);
      filled += bytesWritten;
    } catch (error) {
      if (!isErrno(error, "ENOSPC")) throw error;
      size /= 2;
    }
  }
  return filled;
}

/** ext4 keeps blocks back that even root gets no file into, until the next mount. @see Linux, ext4_set_resv_clusters() */
async function releaseReserve({ fsType, source }: MountEntry): Promise<void> {
  if (!fsType.startsWith("ext")) return;
  const file = `/sys/fs/ext4/${basename(await realpath(source))}/reserved_clusters`;
  await writeFile(file, "0").catch(ignoreErrno("ENOENT", "EROFS", "EACCES"));
}
