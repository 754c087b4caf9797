import type { MountView } from "./mount-view.ts";
import { isBelow, unescapeOctal } from "./mountinfo.ts";

/**
 * Turns off swap files in a mounted tree, which would keep it mounted for ever: no process holds them, so nobody would be
 * named.
 * @returns their paths
 */
export async function turnOffSwapIn(mountPath: string, { runner }: Pick<MountView, "runner">): Promise<string[]> {
  // The kernel writes paths as the reader's root has them, so it is read inside.
  const { stdout } = await runner.run(["cat", "/proc/swaps"]);
  const files = swapFilesOf(stdout).filter((path) => isBelow(path, mountPath));
  for (const path of files) await runner.run(["swapoff", path]);
  return files;
}

/** The files, without the devices, of `/proc/swaps`. @see proc_swaps(5) */
export function swapFilesOf(table: string): string[] {
  return table.split("\n").flatMap((line) => {
    const [path = "", type] = line.split(/\s+/);
    return type === "file" ? unescapeOctal(path) : [];
  });
}
