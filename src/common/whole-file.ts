import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { ignoreErrno } from "./errno.ts";
import { occupantProblem } from "./occupant.ts";

export interface WholeFileOptions {
  /** Less what the process's umask takes away; 0600 when left out. */
  readonly mode?: number;
  /**
   * The name on the way to the path, in the same folder, for a path that nobody else writes to at the same time: what a
   * killed process has left under it makes way, and so nothing piles up. A random one when left out.
   */
  readonly partial?: string;
}

/** Writes a file so that, whenever we or the machine die, either what was there before or the whole new one is there. */
export function writeWholeFile(path: string, content: string | Buffer, options?: WholeFileOptions): Promise<void> {
  return makeWholeFile(path, (file) => file.writeFile(content), options);
}

/**
 * As {@link writeWholeFile}, for what is written piece by piece. A link at the path is replaced, never followed, and so is one
 * at the name on the way, which is gone when the file is not made. What is no plain file, such as a device, is refused first.
 * @param fill Leaves the file open
 * @throws what `fill` throws, or the system says
 */
export async function makeWholeFile(
  path: string,
  fill: (file: FileHandle) => Promise<void>,
  { mode = 0o600, partial }: WholeFileOptions = {},
): Promise<void> {
  const occupant = occupantProblem(path);
  if (occupant !== undefined) throw new Error(`"${path}" ${occupant}`);
  if (partial !== undefined) await rm(partial, { force: true });
  const temporary = partial ?? partialName(path);
  const file = await open(temporary, "wx", mode);
  try {
    try {
      await fill(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Gives a finished temporary file its name, for good: its contents and the folder's entry are on the disk on return. */
export async function publishFile(partial: string, path: string): Promise<void> {
  await syncPath(partial);
  await rename(partial, path);
  await syncFolder(dirname(path));
}

/** A name beside a path that no other user could have guessed and put a link at, in a folder such as /tmp. */
export function partialName(path: string): string {
  return `${path}.${randomBytes(8).toString("hex")}.part`;
}

/** fsync of a file, a folder or a block device. */
export async function syncPath(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The new name is there already: a folder that may not be read, or a file system without this call, is no failure of it. */
async function syncFolder(path: string): Promise<void> {
  await syncPath(path).catch(ignoreErrno("EACCES", "EINVAL", "ENOTSUP"));
}
