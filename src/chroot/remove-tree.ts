import { type BigIntStats, constants, fdatasyncSync, opendirSync, writeSync } from "node:fs";
import { isErrno } from "../common/errno.ts";
import {
  fdPath,
  mountIdOf,
  openEntryIfThere,
  removeEmptyFolder,
  reopenFile,
  statFd,
  unlinkEntry,
  usingFd,
} from "./openat.ts";

const ZEROS = Buffer.alloc(1024 * 1024);
const BLOCK_BYTES = 512;
/** What a file system may keep of a file without a block for it. */
const INLINE_BYTES = 4096;

/**
 * Overwrites and removes an entry of an open folder with all that is in it, through descriptors: no link and no path is
 * followed. What is mounted in there, a folder or a single file, stays, and is an error.
 *
 * Overwriting reaches the file's blocks where a file system writes in place (ext4, xfs); one that copies on write (btrfs)
 * puts the zeros elsewhere.
 * @param name As bytes
 */
export function removeTree(folder: number, name: string): void {
  const mount = mountIdOf(folder);
  const remove = (parent: number, entry: string): void => {
    const fd = openEntryIfThere(parent, entry);
    if (fd === undefined) return;
    usingFd(fd, () => {
      // Not the device: what is bound from elsewhere on the same file system is mounted, too.
      if (mountIdOf(fd) !== mount) throw Object.assign(new Error("Something is mounted there"), { code: "EBUSY" });
      const stats = statFd(fd);
      if (!stats.isDirectory()) {
        // With another name it is somebody's file from now on.
        if (stats.isFile() && stats.nlink === 1n) overwrite(fd, stats);
        return unlinkEntry(parent, entry);
      }
      for (const child of namesIn(fd)) remove(fd, child);
      removeEmptyFolder(parent, entry);
    });
  };
  try {
    remove(folder, name);
  } catch (error) {
    // A process of the image was faster.
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

/**
 * The zeros must be on the disk before the file goes: what is dirty of a file that is gone is never written. Not more than
 * the file has in blocks: the image may have made it 40 GiB of nothing.
 */
function overwrite(entry: number, { size, blocks }: BigIntStats): void {
  const inBlocks = Math.max(Number(blocks) * BLOCK_BYTES, INLINE_BYTES);
  try {
    usingFd(reopenFile(entry, constants.O_WRONLY), (fd) => {
      for (let left = Math.min(Number(size), inBlocks); left > 0; )
        left -= writeSync(fd, ZEROS, 0, Math.min(left, ZEROS.length));
      fdatasyncSync(fd);
    });
  } catch (error) {
    // It still runs, or the file system is full or read-only: then it is removed as it is, or cannot be.
    if (!isErrno(error, "ETXTBSY", "EAGAIN", "ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM")) throw error;
  }
}

function namesIn(fd: number): string[] {
  const folder = opendirSync(fdPath(fd), { encoding: "latin1" as BufferEncoding });
  try {
    const names: string[] = [];
    for (let entry = folder.readSync(); entry; entry = folder.readSync()) names.push(entry.name);
    return names;
  } finally {
    folder.closeSync();
  }
}
