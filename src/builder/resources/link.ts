import { access, realpath } from "node:fs/promises";
import { join } from "node:path";
import { assertDeviceNotInUse } from "../../host/device-in-use.ts";
import { serialOf } from "../../host/identify-device.ts";
import type { Held, ReleaseContext, ResourceKind } from "../resource-kind.ts";
import { ignoreNotFound } from "./not-found.ts";

/** The link of a volume to this VM. Its id is the volume's: a volume has at most one. */
export type LinkIntent = { readonly volumeId: string; readonly vmId: string; readonly deviceName: string };

export const linkKind: ResourceKind<LinkIntent> = {
  name: "link",
  releaseLabel: (id, { deviceName }) => `Unlinking the volume ${id} (${deviceName})`,
  find: async ({ api, signal }, { volumeId, vmId }) => {
    const { Volumes } = await api.readVolumes({ Filters: { VolumeIds: [volumeId] } }, { signal });
    return Volumes[0]?.LinkedVolumes.some((link) => link.VmId === vmId) ? volumeId : undefined;
  },
  release: async (context, held) => {
    const { api, waiters, signal } = context;
    const { Volumes } = await api.readVolumes({ Filters: { VolumeIds: [held.id] } }, { signal });
    const link = Volumes[0]?.LinkedVolumes[0];
    if (link === undefined) return;
    // Unlinked by a call whose answer nobody saw: its device is going, and there is nothing left to prove.
    if (link.State === "detaching") {
      await waiters.volume(held.id, { until: "available", signal });
      return;
    }
    for (const device of await devicesOf(context, held)) {
      await assertDeviceNotInUse(device, { clock: context.clock, signal });
    }
    await ignoreNotFound(api.unlinkVolume({ VolumeId: held.id }));
    await waiters.volume(held.id, { until: "available", signal });
  },
};

/**
 * Where a linked volume's disk is at this moment, by its identity alone.
 * @returns undefined when no by-id link leads to it
 */
export async function findDeviceNow(deviceFolder: string, deviceName: string): Promise<string | undefined> {
  const link = join(deviceFolder, "disk/by-id", `scsi-0QEMU_QEMU_HARDDISK_${serialOf(deviceName)}`);
  return realpath(link).catch(() => undefined);
}

/**
 * The device as it is now and as it was when the build saw it. After a reboot they may differ: what is proved idle must
 * be what the service takes away, and the old path is checked too rather than trusted to be somebody else's.
 */
async function devicesOf(context: ReleaseContext, { intent, facts }: Held<LinkIntent>): Promise<readonly string[]> {
  const now = await findDeviceNow(context.deviceFolder, intent.deviceName);
  if (now !== undefined) return [now];
  const before = typeof facts.device === "string" ? facts.device : undefined;
  return before !== undefined && (await exists(before)) ? [before] : [];
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
