import type { FiltersSnapshot, Snapshot } from "../../outscale/oapi.ts";
import type { Cloud } from "../cloud.ts";
import { applyFilters, type FilterRules, tagFilters } from "../filters.ts";
import { pageOf } from "../pagination.ts";
import type { SnapshotRecord } from "../records.ts";
import { mayUse } from "./access.ts";
import type { Handler } from "./call.ts";

const rules: FilterRules<keyof FiltersSnapshot, Snapshot> = {
  AccountAliases: "AccountAlias",
  AccountIds: "AccountId",
  ClientTokens: "ClientToken",
  Descriptions: "Description",
  FromCreationDate: { bound: "from" },
  PermissionsToCreateVolumeAccountIds: "PermissionsToCreateVolume.AccountIds",
  PermissionsToCreateVolumeGlobalPermission: "PermissionsToCreateVolume.GlobalPermission",
  Progresses: "Progress",
  SnapshotIds: "SnapshotId",
  States: "State",
  ToCreationDate: { bound: "to" },
  VolumeIds: "VolumeId",
  VolumeSizes: "VolumeSize",
  ...tagFilters,
};

/** The snapshots of which the account may make volumes: its own, shared ones, public ones. */
export const readSnapshots: Handler<"ReadSnapshots"> = (call, request) => {
  const { cloud } = call;
  const usable = cloud.store.snapshots.values().filter((snapshot) => mayUse(call, snapshot));
  const shown = usable.filter(({ id, api }) => api.State !== "deleting" && !cloud.unseen.hides("snapshot", id));
  const seen = shown.map((record) => snapshotAsSeen(cloud, record));
  const { items, token } = pageOf(applyFilters(seen, request.Filters, rules), request, {
    keyOf: ({ CreationDate, SnapshotId }) => CreationDate + SnapshotId,
    nowMs: cloud.settings.clock.now(),
  });
  return { Snapshots: items, ...token };
};

/** While it is `pending` a snapshot's progress follows the time that the latency profile gives it. */
export function snapshotAsSeen({ settings }: Cloud, { api, pendingSinceMs }: SnapshotRecord): Snapshot {
  if (api.State !== "pending" || pendingSinceMs === undefined) return api;
  const wholeMs = settings.latency["snapshot.pending"] ?? 0;
  const share = wholeMs === 0 ? 0 : (settings.clock.now() - pendingSinceMs) / wholeMs;
  return { ...api, Progress: Math.min(99, Math.floor(share * 100)) };
}
