import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { ignoreErrno } from "../common/errno.ts";
import { isStillAt, tryFlock } from "./flock.ts";
import { detachMarkedLoops } from "./loop-file.ts";
import { hostRunner } from "./run-command.ts";
import { removeTemporaryFolder, type TemporaryFolder } from "./temporary-folder.ts";

const FOLDER_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** A temporary folder with a lock, which also those have who are given its descriptor. */
export interface HeldFolder extends TemporaryFolder {
  readonly fd: number;
}

/**
 * Makes temporary folders, below one of ours, that are locked as long as this process lives: what has no journal that it
 * could stand in is then told from what a killed process has left, see {@link removeAbandoned}.
 */
export function heldFolders(parent: string): (prefix: string) => Promise<HeldFolder> {
  return async (prefix) => {
    await mkdir(parent, { recursive: true, mode: 0o700 });
    for (;;) {
      const path = join(parent, `${prefix}${randomBytes(6).toString("hex")}`);
      await mkdir(path, { mode: 0o700 });
      const held = await hold(path);
      // Before it was locked, a clean-up may have taken it for abandoned.
      if (held !== undefined) return heldFolder(path, held);
    }
  };
}

function heldFolder(path: string, held: FileHandle): HeldFolder {
  return {
    path,
    fd: held.fd,
    remove: async () => {
      try {
        await removeTemporaryFolder(path);
      } finally {
        await held.close();
      }
    },
    keep: () => undefined,
  };
}

/**
 * Removes what killed processes have left there, loop devices with a folder's mark first. What a live one holds stays.
 * @returns the paths and devices that are gone
 */
export async function removeAbandoned(parent: string, runner = hostRunner()): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const name of (await readdir(parent).catch(ignoreErrno("ENOENT"))) ?? []) {
    const path = join(parent, name);
    const held = await hold(path);
    if (held === undefined) continue;
    try {
      removed.push(...(await detachMarkedLoops(runner, path)));
      await removeTemporaryFolder(path);
    } finally {
      await held.close();
    }
    removed.push(path);
  }
  return removed;
}

/** @returns undefined when it is no folder, is gone, or is held by somebody else */
async function hold(path: string): Promise<FileHandle | undefined> {
  const folder = await open(path, FOLDER_FLAGS).catch(ignoreErrno("ENOENT", "ENOTDIR", "ELOOP"));
  if (folder === undefined) return undefined;
  try {
    if ((await tryFlock(folder.fd)) && (await isStillAt(path, folder))) return folder;
  } catch (error) {
    await folder.close();
    throw error;
  }
  await folder.close();
  return undefined;
}
