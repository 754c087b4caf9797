import { Refusal } from "../refusal.ts";
import { recordUse } from "../violations.ts";
import { ownVolume } from "./access.ts";
import type { Handler } from "./call.ts";

/** Unlinks a volume. What still uses its device on the host is a violation, and is recorded. */
export const unlinkVolume: Handler<"UnlinkVolume"> = (call, { VolumeId }) => {
  const { cloud } = call;
  const volume = ownVolume(call, VolumeId);
  const [linked] = volume.api.LinkedVolumes;
  if (!linked || cloud.unseen.hides("link", VolumeId))
    throw new Refusal("volume-not-linked", `The volume ${VolumeId} is not linked`);
  if (linked.State === "detaching") return {};
  if (volume.isVmRoot)
    throw new Refusal("bad-vm-state", `The root volume of the running VM ${linked.VmId} stays linked`);
  recordUse(cloud, "UnlinkVolume", VolumeId);
  cloud.store.volumes.put({ ...volume, api: { ...volume.api, LinkedVolumes: [{ ...linked, State: "detaching" }] } });
  cloud.lifecycle.start("link", VolumeId);
  return {};
};
