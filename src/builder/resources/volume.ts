import { LeftoverError } from "../../common/errors.ts";
import { WaitError } from "../../outscale/errors.ts";
import type { ResourceKind } from "../resource-kind.ts";
import { ignoreNotFound } from "./not-found.ts";

/** The root volume of a build, made with a client token that no other volume has. */
export type VolumeIntent = { readonly clientToken: string };

export const volumeKind: ResourceKind<VolumeIntent> = {
  name: "volume",
  releaseLabel: (id) => `Deleting the volume ${id}`,
  find: async ({ api, signal }, { clientToken }) => {
    const { Volumes } = await api.readVolumes({ Filters: { ClientTokens: [clientToken] } }, { signal });
    return Volumes.find((volume) => volume.ClientToken === clientToken && volume.State !== "deleting")?.VolumeId;
  },
  release: async ({ api, waiters, signal }, { id }) => {
    const { Volumes } = await api.readVolumes({ Filters: { VolumeIds: [id] } }, { signal });
    const link = Volumes[0]?.LinkedVolumes[0];
    if (link) {
      throw new LeftoverError(`The volume ${id} is still linked to ${link.VmId} as ${link.DeviceName}, and is kept`, {
        leftovers: [`volume ${id}, linked to ${link.VmId} as ${link.DeviceName}`],
        resourceId: id,
        hint: "Free what holds the device, then run: outscale-chroot cleanup",
      });
    }
    if (!Volumes[0]) return;
    // The service refuses to delete what it is still making.
    if (Volumes[0].State === "creating") await untilMade(waiters.volume(id, { until: "available", signal }));
    if (Volumes[0].State !== "deleting") await ignoreNotFound(api.deleteVolume({ VolumeId: id }));
    await waiters.volume(id, { until: "deleted", signal });
  },
};

/** A volume that ended in `error` is made, too, as far as its deletion goes. */
async function untilMade(wait: Promise<unknown>): Promise<void> {
  try {
    await wait;
  } catch (error) {
    if (!(error instanceof WaitError)) throw error;
  }
}
