import { findLoopsIn } from "./mount-holders.ts";
import type { MountView } from "./mount-view.ts";

/**
 * Detaches the loop devices whose files are in a mounted tree, which would keep it mounted for ever: no process holds them.
 * Those of a folder of this machine that is bound into the tree are this machine's, and stay.
 * @returns what was detached, one line each
 */
export async function detachLoopsIn(mountPath: string, view: MountView): Promise<string[]> {
  const loops = await findLoopsIn(mountPath, { view });
  for (const { device } of loops) {
    await view.runner.run(["swapoff", device], { okExitCodes: ANY });
    await view.runner.run(["losetup", "--detach", device]);
  }
  return loops.map(({ device, file }) => `${device} (file ${file})`);
}

/** swapoff(8) has many, most of them for devices that are no swap. */
const ANY = Array.from({ length: 256 }, (_, code) => code);
