import { constants, openSync } from "node:fs";
import { isErrno } from "../common/errno.ts";
import { createPrivateFile, entryPath, openEntryIfThere, reopenFile, statFd, unlinkEntry, usingFd } from "./openat.ts";

/** Empties the file that is there and opens it for writing; `undefined` when there is none, or something else. */
export function openExistingFile(folder: number, name: string): number | undefined {
  const fd = openEntryIfThere(folder, name);
  if (fd === undefined) return undefined;
  return usingFd(fd, () => (statFd(fd).isFile() ? reopenFile(fd, constants.O_WRONLY | constants.O_TRUNC) : undefined));
}

/** Creates a file for its owner alone, in place of what is there: mostly nothing is, and to find that out costs as much as creating it. */
export function createInPlace(folder: number, name: string): number {
  try {
    return createPrivateFile(folder, name);
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    removeIfThere(folder, name);
    return createPrivateFile(folder, name);
  }
}

/** Removes a file, link or the like. @throws when a folder is there */
export function removeIfThere(folder: number, name: string): void {
  try {
    unlinkEntry(folder, name);
  } catch (error) {
    if (isErrno(error, "EISDIR")) throw new Error("There is a folder in the file's place");
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

/** Opens a file of ours for reading; `undefined` when it is to be looked at more closely, or has gone. */
export function openFileIfThere(folder: number, name: string): number | undefined {
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    return openSync(entryPath(folder, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return undefined;
  }
}
