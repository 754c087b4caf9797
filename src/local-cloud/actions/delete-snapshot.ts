import { Refusal } from "../refusal.ts";
import { snapshotsOf } from "../states/state-machines.ts";
import { ownSnapshot } from "./access.ts";
import type { Handler } from "./call.ts";

/** Deletes a snapshot that no image maps. Volumes and snapshots made of it are independent of it. */
export const deleteSnapshot: Handler<"DeleteSnapshot"> = (call, { SnapshotId }) => {
  const { cloud } = call;
  const snapshot = ownSnapshot(call, SnapshotId);
  const user = cloud.store.images
    .values()
    .find((image) => image.api.State !== "deleting" && snapshotsOf(image).includes(SnapshotId));
  if (user) throw new Refusal("busy", `The snapshot ${SnapshotId} is used by the image ${user.id}`);
  cloud.store.snapshots.put({ ...snapshot, api: { ...snapshot.api, State: "deleting" } });
  cloud.lifecycle.start("snapshot", SnapshotId);
  return {};
};
