import { realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { DeviceError } from "../../common/errors.ts";
import { hostRunner } from "../../host/run-command.ts";
import { detachLoopDevice, deviceUse, type LoopDevice, loopDevicesOf } from "../disks/loop-devices.ts";
import { LocalCloudError } from "../local-cloud-error.ts";
import { lockFolder } from "./folder-lock.ts";
import { heldRunner } from "./held-runner.ts";
import { REGIONS_FOLDER, regionFolder, regionsIn } from "./region-folders.ts";
import { KEYS_FILE, LOG_FILE, MEMORY_FILE, ownPaths } from "./state-folder.ts";
import { settleUnfinished } from "./unfinished.ts";

/** @throws {DeviceError} when a device of a state folder is in use on the host; those of its other regions are not looked at */
export async function checkDevicesFree(stateFolder: string): Promise<readonly LoopDevice[]> {
  const devices = loopDevicesOf(join(await realpath(stateFolder), "disks"));
  const uses = devices.flatMap(({ device }) => deviceUse(device) ?? []);
  if (uses.length > 0) throw new DeviceError(`Cannot reset "${stateFolder}": ${uses.join("; ")}`);
  return devices;
}

/** What a server goes on with. */
const OF_THE_SERVER: readonly string[] = [KEYS_FILE, MEMORY_FILE, LOG_FILE, REGIONS_FOLDER];

/**
 * Removes what a cloud has in its folder: devices, disks, objects, other regions and, unless a server is to go on with them,
 * its keys. A server empties its other regions itself.
 * @throws {LocalCloudError} when another process has the folder
 * @throws {DeviceError} when a device is in use on the host; nothing has been removed then
 */
export async function clearFolder(stateFolder: string, { goesOn }: { goesOn: boolean }): Promise<void> {
  const lock = await lockFolder(stateFolder);
  if (!lock) throw new LocalCloudError(`Another process uses the state folder "${stateFolder}"`);
  try {
    const devices = await checkDevicesFree(stateFolder);
    const others = goesOn ? [] : regionsIn(stateFolder).map((region) => regionFolder(stateFolder, region));
    for (const folder of others) await checkDevicesFree(folder);
    for (const folder of others) await clearFolder(folder, { goesOn: false });
    await settleUnfinished(stateFolder);
    const run = heldRunner(hostRunner(), lock.descriptor);
    for (const device of devices) await detachLoopDevice(run, device);
    const kept = goesOn ? OF_THE_SERVER.map((name) => join(stateFolder, name)) : [];
    for (const path of ownPaths(stateFolder).filter((path) => !kept.includes(path)))
      await rm(path, { recursive: true, force: true });
  } finally {
    lock.release();
  }
}
