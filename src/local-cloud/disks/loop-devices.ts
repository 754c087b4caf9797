import { existsSync, readdirSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, join, sep } from "node:path";
import { ignoreErrno } from "../../common/errno.ts";
import { canOpenExclusively } from "../../host/block-device.ts";
import type { HeldRun } from "../folder/held-runner.ts";

/** A loop device and the file behind it. */
export interface LoopDevice {
  readonly device: string;
  readonly file: string;
}

/** Every loop device whose file lies in a folder, also when the file was deleted since. @see Linux, drivers/block/loop.c */
export function loopDevicesOf(folder: string): LoopDevice[] {
  return readdirSync("/sys/block")
    .filter((name) => name.startsWith("loop"))
    .flatMap((name) => {
      const file = backingFile(name);
      return file?.startsWith(folder + sep) ? [{ device: `/dev/${name}`, file }] : [];
    });
}

function backingFile(name: string): string | undefined {
  try {
    // The whole path: `losetup --list` cuts it at 63 bytes on some kernels.
    const path = readFileSync(`/sys/block/${name}/loop/backing_file`, "utf8").trimEnd();
    return path.replace(/ \(deleted\)$/, "");
  } catch {
    return undefined; // Free, or freed just now.
  }
}

/**
 * Puts a file behind a free loop device. The kernel adds the partitions only if it has a parser for their table.
 * @returns the device, such as `/dev/loop3`
 */
export async function attachLoopDevice(run: HeldRun, file: string): Promise<string> {
  // With partscan the kernel drops the partitions itself when the device goes, however late that is.
  return (await run(["losetup", "--partscan", "--find", "--show", file])).trim();
}

/**
 * Takes a loop device away, with everything that was written to it now in its file. A device that is in use goes when
 * its last user closes it. That may have happened already, and its number may be another file's by now: what we have
 * open keeps its file, so it is opened before it is looked at.
 */
export async function detachLoopDevice(run: HeldRun, { device, file }: LoopDevice): Promise<void> {
  const opened = await open(device, "r").catch(ignoreErrno("ENOENT", "ENXIO"));
  try {
    if (backingFile(basename(device)) !== file) return;
    await opened?.sync();
    await run(["losetup", "--detach", device]);
  } finally {
    await opened?.close();
  }
}

/** The numbers of the partitions that the kernel knows on a device. */
export function partitionsOf(device: string): number[] {
  const name = basename(device);
  const prefix = `${name}p`;
  try {
    return readdirSync(`/sys/block/${name}`)
      .filter((entry) => entry.startsWith(prefix))
      .map((entry) => Number(entry.slice(prefix.length)))
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}

/** Who uses a device or one of its partitions, in words. A mount counts in whatever mount namespace it is. */
export function deviceUse(device: string): string | undefined {
  const nodes = [device, ...partitionsOf(device).map((number) => `${device}p${number}`)];
  const reasons = nodes.flatMap((node) => {
    const fileSystem = liveFileSystem(basename(node));
    if (fileSystem) return [`${node} holds a live file system (${fileSystem})`];
    return canOpenExclusively(node) ? [] : [`${node} is held exclusively`];
  });
  return reasons.length === 0 ? undefined : reasons.join("; ");
}

function liveFileSystem(name: string): string | undefined {
  return readdirSync("/sys/fs")
    .map((type) => join("/sys/fs", type, name))
    .find((path) => existsSync(path));
}
