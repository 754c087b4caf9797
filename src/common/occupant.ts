import { lstatSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isErrno } from "./errno.ts";

/**
 * Why a file cannot take the place of what is at a path, to follow its name; undefined when it can. A device, a pipe or a
 * socket is for all who know its name: a file in its place breaks them, and the machine with `/dev/null`. A link counts as
 * what it leads to, and one in `/dev` (`/dev/stdout`) as the system's own.
 * @throws {Error} what the system says of a path that cannot be looked at
 */
export function occupantProblem(path: string): string | undefined {
  const found = statsOf(path);
  if (found?.isDirectory()) return "is a folder";
  if (found !== undefined && (!found.isFile() || isLinkInDev(path))) return "is not a plain file";
  return undefined;
}

function isLinkInDev(path: string): boolean {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink && realpathSync(dirname(resolve(path))) === "/dev";
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}
