import { z } from "zod";
import { LeftoverError } from "../../common/errors.ts";
import { WaitError } from "../../outscale/errors.ts";
import { insist } from "../../outscale/insist.ts";
import type { Volume } from "../../outscale/oapi.ts";
import { readMade } from "../made.ts";
import { noFacts, type ReleaseContext, type ResourceKind } from "../resource-kind.ts";
import { RUN_TAG_KEY } from "../run-tag-key.ts";
import { findDeviceNow, unlink, unlinkFromGoneVm } from "./link.ts";
import { ignoreNotFound } from "./not-found.ts";
import { tellWentBack } from "./tell-went-back.ts";

/** The root volume of a build, made with a client token that no other volume has, to be linked to this VM. */
const intent = z.strictObject({ clientToken: z.string().min(1), vmId: z.string().min(1) });
type VolumeIntent = z.infer<typeof intent>;

export const volumeKind: ResourceKind<VolumeIntent, z.infer<typeof noFacts>> = {
  name: "volume",
  intent,
  facts: noFacts,
  releaseLabel: (id) => `Deleting the volume ${id}`,
  find: async ({ api, signal }, { clientToken }) => {
    const { Volumes } = await api.readVolumes({ Filters: { ClientTokens: [clientToken] } }, { signal });
    return Volumes.find((volume) => volume.ClientToken === clientToken && volume.State !== "deleting")?.VolumeId;
  },
  release: async (context, { id, intent, madeAt, onAccepted }) => {
    const { api, waiters, signal } = context;
    const made = { what: `the volume ${id}`, madeAt, wasSeen: waiters.hasSeen(id) };
    const volume = await readMade(context, made, async () => {
      return readVolume(context, id);
    });
    if (volume === undefined) return;
    await unlinkIfOurs(context, volume, intent);
    // The service refuses to delete what it is still making.
    if (volume.State === "creating") await untilMade(waiters.volume(id, { until: "available", signal }));
    const isAsked = volume.State === "deleting";
    if (isAsked) onAccepted?.();
    await insist({
      isAsked,
      ask: async () => {
        await ignoreNotFound(api.deleteVolume({ VolumeId: id }));
        onAccepted?.();
      },
      wait: () => waiters.volume(id, { until: "deleted", signal }),
      onWentBack: tellWentBack(context),
    });
  },
  releaseOfGoneVm: async (context, held) => {
    // The answer to the link's creation may have been lost with the VM.
    await unlinkFromGoneVm(context, { volumeId: held.id, vmId: held.intent.vmId });
    await volumeKind.release(context, held);
  },
  isGone: async (context, id) => (await readVolume(context, id)) === undefined,
};

async function readVolume({ api, signal }: ReleaseContext, id: string): Promise<Volume | undefined> {
  return (await api.readVolumes({ Filters: { VolumeIds: [id] } }, { signal })).Volumes[0];
}

/**
 * A link that no journal knows: the answer to its creation came when nobody listened any more. It is ours when the
 * volume was made with our token, carries no other run's tag, and is linked to the VM that the run was on.
 * @throws {LeftoverError} when it is not, or its device is in use or not to be seen here
 */
async function unlinkIfOurs(
  context: ReleaseContext,
  volume: Volume,
  { clientToken, vmId }: VolumeIntent,
): Promise<void> {
  const link = volume.LinkedVolumes[0];
  if (link === undefined) return;
  const tag = volume.Tags.find(({ Key }) => Key === RUN_TAG_KEY);
  const isOurs = volume.ClientToken === clientToken && (tag === undefined || tag.Value === context.runId);
  if (isOurs && link.VmId === vmId) {
    const { VolumeId: volumeId } = volume;
    const device = await findDeviceNow(context.deviceFolder, link.DeviceName);
    if (device !== undefined)
      return unlink(context, { volumeId, state: link.State, deviceName: link.DeviceName, device });
  }
  const where = `linked to ${link.VmId} as ${link.DeviceName}`;
  throw new LeftoverError(`The volume ${volume.VolumeId} is still ${where}, and is kept`, {
    leftovers: [`volume ${volume.VolumeId}, ${where}`],
    resourceId: volume.VolumeId,
    hint: "Make sure that nothing uses its disk, unlink it, then run: outscale-chroot cleanup",
  });
}

/** A volume that ended in `error` is made, too, as far as its deletion goes. */
async function untilMade(wait: Promise<unknown>): Promise<void> {
  try {
    await wait;
  } catch (error) {
    if (!(error instanceof WaitError)) throw error;
  }
}
