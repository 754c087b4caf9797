import { lstat, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { MountView } from "./mount-view.ts";
import { isBelow, unescapeOctal } from "./mountinfo.ts";

/**
 * Turns off swap files in a mounted tree, which would keep it mounted for ever: no process holds them.
 * @returns their paths
 */
export async function turnOffSwapIn(mountPath: string, view: MountView): Promise<string[]> {
  const turnedOff: string[] = [];
  for (const path of await findSwapIn(mountPath, view)) {
    // A file of that name that is no swap is one of this machine's namesakes: the kernel refuses it.
    const { exitCode } = await view.runner.run(["swapoff", path], { okExitCodes: ANY });
    if (exitCode === 0) turnedOff.push(path);
  }
  return turnedOff;
}

/** swapoff(8) has many, some of them for files that are no swap. */
const ANY = Array.from({ length: 256 }, (_, code) => code);

/**
 * The files of a mounted tree that are perhaps swap. The kernel writes a path as it was where the file was turned on: in the
 * tree itself, or from a root that was the tree.
 */
export async function findSwapIn(mountPath: string, { runner, rootPrefix }: MountView): Promise<string[]> {
  // One table for the whole machine, in which only the paths depend on who reads it: an empty one is empty for all.
  if (swapFilesOf(await readFile("/proc/swaps", "utf8")).length === 0) return [];
  const { stdout } = await runner.run(["cat", "/proc/swaps"]);
  const paths = swapFilesOf(stdout).flatMap((path) => [path, `${mountPath}${path}`]);
  const inTree = [...new Set(paths)].filter((path) => isBelow(path, mountPath));
  const isThere = await Promise.all(inTree.map((path) => isPlainFile(path, { mountPath, rootPrefix })));
  return inTree.filter((_, index) => isThere[index]);
}

/** Links on the way could lead to a swap file of this machine. */
async function isPlainFile(
  path: string,
  { mountPath, rootPrefix }: { readonly mountPath: string; readonly rootPrefix: string },
): Promise<boolean> {
  const entry = await lstat(`${rootPrefix}${path}`).catch(() => undefined);
  if (!entry?.isFile()) return false;
  for (let folder = dirname(path); isBelow(folder, mountPath) && folder !== mountPath; folder = dirname(folder)) {
    const above = await lstat(`${rootPrefix}${folder}`).catch(() => undefined);
    if (!above?.isDirectory()) return false;
  }
  return true;
}

/** The files, without the devices, of `/proc/swaps`. @see proc_swaps(5) */
export function swapFilesOf(table: string): string[] {
  return table.split("\n").flatMap((line) => {
    const [path = "", type] = line.split(/\s+/);
    return type === "file" ? unescapeOctal(path) : [];
  });
}
