import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { type BorrowedPath, borrowPath, type LoanRecord } from "./borrowed-path.ts";
import type { RootFolder } from "./root-folder.ts";
import { reasonOf, TransferError } from "./transfer-error.ts";

const PERMISSIONS = 0o7777;

/**
 * Copies one entry of `copy_files` into the image: a file of the host, links followed, to the same path of the image,
 * with its mode and owner. Where the image has a link, dangling or not, the file takes the link's place, so that names
 * are resolved during the build also with a resolv.conf that only a booted system has.
 * @param onLoan Writes down what will be done, before it is
 * @throws {TransferError} when the host has no such file
 */
export function copyHostFile(root: RootFolder, path: string, onLoan?: (loan: LoanRecord) => void): BorrowedPath {
  return borrowPath(root, path, readHostFile(path), onLoan);
}

function readHostFile(path: string) {
  try {
    const { mode, uid, gid } = statSync(path);
    return { content: readFileSync(path), mode: mode & PERMISSIONS, uid, gid };
  } catch (error) {
    const hint = "Take it out of copy_files, or create it on this machine";
    throw new TransferError(`Cannot read "${resolve(path)}" of copy_files: ${reasonOf(error)}`, { cause: error, hint });
  }
}
