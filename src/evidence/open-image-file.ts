import { constants, fstatSync, openSync } from "node:fs";
import { fdPath } from "../chroot/openat.ts";
import type { RootFolder } from "../chroot/root-folder.ts";

/**
 * Opens a regular file of an image for reading; the caller closes it.
 * @param path As bytes: a name on disk need not be UTF-8
 * @throws {TransferError} when there is no such file, by now
 */
export function openImageFile(folder: RootFolder, path: string): number {
  const bytes = Buffer.from(path, "latin1");
  return folder.withPlace("read", bytes, { followLast: false, onMissing: "fail" }, ({ fd }) => {
    if (fd === undefined || !fstatSync(fd).isFile()) throw new Error("It is not a regular file");
    return openSync(fdPath(fd), constants.O_RDONLY | constants.O_NONBLOCK);
  });
}
