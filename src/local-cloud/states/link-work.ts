import { slotOf } from "../../common/device-slot.ts";
import { messageOf } from "../../common/errors.ts";
import type { Cloud } from "../cloud.ts";
import type { LinkedDisk } from "../disks/disks.ts";
import type { VolumeRecord } from "../records.ts";
import { deviceFolderOf } from "../vm-places.ts";

/** A volume that is linked, with its place among the devices of its VM. */
export function linkedDisk(cloud: Pick<Cloud, "store" | "settings">, { id, api }: VolumeRecord): LinkedDisk {
  const { DeviceName = "", VmId = "" } = api.LinkedVolumes[0] ?? {};
  return { id, slot: slotOf(DeviceName), deviceFolder: deviceFolderOf(cloud, VmId) };
}

/** Shows the volume on the host; later than the API says `attached`, or with a decoy beside it, when a fault asks so. */
export async function attachLink(cloud: Cloud, id: string): Promise<void> {
  const { store, disks, faults } = cloud;
  const volume = store.volumes.get(id);
  const linked = volume?.api.LinkedVolumes[0];
  if (!volume || !linked) throw new Error(`${id} is not linked any more`);
  const disk = linkedDisk(cloud, volume);
  if (faults.takeDevice("decoy-device")) await disks.attachDecoy(decoyOf(id), volume.api.Size);
  const late = faults.takeDevice("late-device");
  if (late) void attachLate(cloud, disk, late.ms ?? 0);
  else await disks.attach(disk);
}

/** Takes the device away, and a decoy that came with it. */
export async function detachLink({ disks }: Cloud, id: string): Promise<void> {
  await disks.detach(id);
  await disks.detach(decoyOf(id));
  await disks.remove(decoyOf(id));
}

function decoyOf(volumeId: string): string {
  return `decoy-${volumeId}`;
}

async function attachLate(cloud: Cloud, disk: LinkedDisk, ms: number): Promise<void> {
  const { store, disks, settings, lifecycle } = cloud;
  try {
    await settings.clock.sleep(ms, lifecycle.closing);
    const isLinked = () => store.volumes.get(disk.id)?.api.LinkedVolumes[0]?.State === "attached";
    if (isLinked()) await disks.attach(disk);
    // It may have been unlinked while the device came up.
    if (!isLinked()) await disks.detach(disk.id);
  } catch (error) {
    settings.log.write({ kind: "note", message: `local cloud: late device of ${disk.id}: ${messageOf(error)}` });
  }
}
