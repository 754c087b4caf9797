import { ownSnapshot, updatePermissions } from "./access.ts";
import type { Handler } from "./call.ts";
import { snapshotAsSeen } from "./read-snapshots.ts";

/** Shares a snapshot with accounts or with everybody, or stops to. */
export const updateSnapshot: Handler<"UpdateSnapshot"> = (call, request) => {
  const { cloud } = call;
  const snapshot = ownSnapshot(call, request.SnapshotId);
  const PermissionsToCreateVolume = updatePermissions(
    snapshot.api.PermissionsToCreateVolume,
    request.PermissionsToCreateVolume,
  );
  const updated = { ...snapshot, api: { ...snapshot.api, PermissionsToCreateVolume } };
  cloud.store.snapshots.put(updated);
  return { Snapshot: snapshotAsSeen(cloud, updated) };
};
