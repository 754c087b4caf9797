import { access, realpath } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { byIdLink, serialOf } from "../../common/device-slot.ts";
import { listBlockDevices, readSerial } from "../../host/block-device.ts";
import { assertDeviceNotInUse } from "../../host/device-in-use.ts";
import { insist } from "../../outscale/insist.ts";
import { absolutePath } from "../journal/absolute-path.ts";
import { readMade } from "../made.ts";
import type { ReleaseContext, ResourceKind } from "../resource-kind.ts";
import { ignoreNotFound } from "./not-found.ts";
import { tellWentBack } from "./tell-went-back.ts";

/** The link of a volume to this VM. Its id is the volume's: a volume has at most one. */
const intent = z.strictObject({ volumeId: z.string().min(1), vmId: z.string().min(1), deviceName: z.string().min(1) });
const facts = z.strictObject({
  /** The device that the build saw. */
  device: absolutePath.optional(),
});

export type LinkFacts = z.infer<typeof facts>;

export const linkKind: ResourceKind<z.infer<typeof intent>, LinkFacts> = {
  name: "link",
  intent,
  facts,
  releaseLabel: (id, { deviceName }) => `Unlinking the volume ${id} (${deviceName})`,
  find: async ({ api, signal }, { volumeId, vmId }) => {
    const { Volumes } = await api.readVolumes({ Filters: { VolumeIds: [volumeId] } }, { signal });
    return Volumes[0]?.LinkedVolumes.some((link) => link.VmId === vmId) ? volumeId : undefined;
  },
  release: async (context, { intent, facts, madeAt }) => {
    const { api, signal } = context;
    // Its device was on this machine: the link was seen.
    const made = { what: `the link of ${intent.volumeId}`, madeAt, wasSeen: facts.device !== undefined };
    const link = await readMade(context, made, async () => {
      const { Volumes } = await api.readVolumes({ Filters: { VolumeIds: [intent.volumeId] } }, { signal });
      return Volumes[0]?.LinkedVolumes[0];
    });
    if (link === undefined) return;
    await unlink(context, { ...intent, state: link.State, device: facts.device });
  },
  releaseOfGoneVm: (context, { intent: { volumeId, vmId } }) => unlinkFromGoneVm(context, { volumeId, vmId }),
};

/** Waits until a volume is free whose VM is gone for good: nobody can use its disk, and usually the service unlinks it by itself. */
export async function unlinkFromGoneVm(
  context: ReleaseContext,
  { volumeId, vmId }: { readonly volumeId: string; readonly vmId: string },
): Promise<void> {
  const { api, waiters, signal } = context;
  const { Volumes } = await api.readVolumes({ Filters: { VolumeIds: [volumeId] } }, { signal });
  const link = Volumes[0]?.LinkedVolumes[0];
  if (link?.VmId !== vmId) return;
  await insist({
    isAsked: link.State === "detaching",
    ask: () => ignoreNotFound(api.unlinkVolume({ VolumeId: volumeId })),
    wait: () => waiters.link(volumeId, { until: "unlinked", signal }),
    onWentBack: tellWentBack(context),
  });
}

/** A link as the service shows it, and where its device was when the build saw it. */
interface KnownLink {
  readonly volumeId: string;
  readonly state: string | undefined;
  readonly deviceName: string;
  readonly device: string | undefined;
}

/**
 * Unlinks a volume whose device nobody uses, and waits until it is free.
 * @throws {LeftoverError} when somebody does: then it stays linked
 */
export async function unlink(context: ReleaseContext, link: KnownLink): Promise<void> {
  const { api, waiters, signal, clock } = context;
  await insist({
    // Unlinked by a call whose answer nobody saw: its device is going, and there is nothing left to prove.
    isAsked: link.state === "detaching",
    ask: async () => {
      for (const device of await devicesOf(context, link)) await assertDeviceNotInUse(device, { clock, signal });
      await ignoreNotFound(api.unlinkVolume({ VolumeId: link.volumeId }));
    },
    wait: () => waiters.link(link.volumeId, { until: "unlinked", signal }),
    onWentBack: tellWentBack(context),
  });
}

/**
 * Where a linked volume's disk is at this moment, by its identity alone: its by-id link, or its serial where nobody
 * makes such links.
 * @returns undefined when no disk shows it
 */
export async function findDeviceNow(deviceFolder: string, deviceName: string): Promise<string | undefined> {
  return realpath(join(deviceFolder, byIdLink(deviceName))).catch(() => findBySerial(serialOf(deviceName)));
}

async function findBySerial(serial: string): Promise<string | undefined> {
  for (const { name } of await listBlockDevices()) if ((await readSerial(name)) === serial) return `/dev/${name}`;
  return undefined;
}

/**
 * The device as it is now and as it was when the build saw it. After a reboot they may differ: what is proved idle must
 * be what the service takes away, and the old path is checked too rather than trusted to be somebody else's.
 */
async function devicesOf({ deviceFolder }: ReleaseContext, { deviceName, device }: KnownLink): Promise<string[]> {
  const now = await findDeviceNow(deviceFolder, deviceName);
  if (now !== undefined) return [now];
  return device !== undefined && (await exists(device)) ? [device] : [];
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
