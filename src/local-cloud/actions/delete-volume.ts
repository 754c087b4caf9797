import { Refusal } from "../refusal.ts";
import { recordUnfinishedSnapshots, recordUse } from "../violations.ts";
import { ownVolume } from "./access.ts";
import type { Handler } from "./call.ts";

/** Deletes a volume that is not linked. It reads `deleting` until its disk is gone. */
export const deleteVolume: Handler<"DeleteVolume"> = (call, { VolumeId }) => {
  const { cloud } = call;
  const volume = ownVolume(call, VolumeId);
  if (volume.api.State !== "available" && volume.api.State !== "error") {
    throw new Refusal("bad-volume-state", `The volume ${VolumeId} is ${volume.api.State}`);
  }
  if (volume.update) throw new Refusal("busy", `The volume ${VolumeId} is being updated`);
  recordUse(cloud, "DeleteVolume", VolumeId);
  recordUnfinishedSnapshots(cloud, "DeleteVolume", VolumeId);
  cloud.store.volumes.put({ ...volume, api: { ...volume.api, State: "deleting" } });
  cloud.lifecycle.start("volume", VolumeId);
  return {};
};
