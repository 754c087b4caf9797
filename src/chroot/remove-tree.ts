import { opendirSync } from "node:fs";
import { isErrno } from "../common/errno.ts";
import { fdPath, openEntryIfThere, removeEmptyFolder, statFd, unlinkEntry, usingFd } from "./openat.ts";

/**
 * Removes an entry of an open folder with all that is in it, through descriptors: no link and no path is followed. What is
 * mounted in there stays, and is an error.
 * @param name As bytes
 */
export function removeTree(folder: number, name: string): void {
  const device = statFd(folder).dev;
  const remove = (parent: number, entry: string): void => {
    const fd = openEntryIfThere(parent, entry);
    if (fd === undefined) return;
    usingFd(fd, () => {
      const stats = statFd(fd);
      if (!stats.isDirectory()) return unlinkEntry(parent, entry);
      if (stats.dev !== device) throw Object.assign(new Error("Something is mounted there"), { code: "EBUSY" });
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
