import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { ignoreErrno } from "../common/errno.ts";
import type { CommandRunner } from "./run-command.ts";

/** A file behind a loop device that nobody can write to. */
export interface LoopFile {
  /** `/dev/loop3` */
  readonly device: string;
  /** Lets go of it: it is gone when its last mount is, however that ends. A second time does nothing. */
  letGo(): Promise<void>;
}

/** A locked folder, see `heldFolders()`: as long as it is locked, what has its mark is in use. */
export interface LoopOwner {
  readonly path: string;
  readonly fd: number;
}

/**
 * From losetup's end to the first mount, nothing but a name says whose a loop device is. So it carries a mark, made of the
 * random name of its owner's folder, by which {@link detachMarkedLoops} knows what a killed process has left.
 * @throws {CommandError}
 */
export async function openLoopFile(runner: CommandRunner, file: string, owner: LoopOwner): Promise<LoopFile> {
  const mark = markOf(owner.path);
  if (mark === undefined) throw new Error(`The name of "${owner.path}" has no random end`);
  // With partscan the kernel drops the partitions itself when the device goes.
  const flags = ["--read-only", "--partscan", "--find", "--show", "--sizelimit", `${mark}`];
  // The lock is also losetup's: until it has ended, nobody takes the folder for abandoned.
  const { stdout } = await runner.run(["losetup", ...flags, "--", file], { stdin: owner.fd });
  const device = stdout.trim();
  let isHeld = true;
  return {
    device,
    async letGo() {
      if (!isHeld) return;
      isHeld = false; // from here on its number may be another file's
      await runner.run(["losetup", "--detach", device]);
    },
  };
}

/**
 * Detaches what has the mark of a folder whose owner is dead: whoever calls holds its lock.
 * @returns the devices
 */
export async function detachMarkedLoops(
  runner: CommandRunner,
  owner: string,
  blocks = "/sys/block",
): Promise<string[]> {
  const mark = markOf(owner);
  if (mark === undefined) return [];
  const detached: string[] = [];
  for (const name of (await readdir(blocks)).filter((each) => each.startsWith("loop"))) {
    const path = join(blocks, name, "loop/sizelimit");
    // A device without a file has no such folder, and one may go at any moment.
    const limit = await readFile(path, "utf8").catch(ignoreErrno("ENOENT", "ENODEV", "ENXIO"));
    if (limit?.trim() !== `${mark}`) continue;
    await runner.run(["losetup", "--detach", `/dev/${name}`]);
    detached.push(`/dev/${name}`);
  }
  return detached;
}

/**
 * A limit of the device's size, which the kernel keeps and shows: it is far above any file's size, and so limits nothing.
 * @returns undefined for a folder whose name has no random end
 */
function markOf(folder: string): bigint | undefined {
  const token = /(?:^|-)([0-9a-f]{12})$/.exec(basename(folder))?.[1];
  return token === undefined ? undefined : ABOVE_ANY_FILE + BigInt(`0x${token}`);
}
const ABOVE_ANY_FILE = 2n ** 62n;
