import { type Cloud, newId, timestamp } from "./cloud.ts";
import type { SnapshotRecord } from "./records.ts";

/** What a snapshot is made of. */
export type Origin = Pick<SnapshotRecord, "source"> & { readonly sizeGib: number };

interface NewSnapshot {
  readonly accountId: string;
  readonly description?: string | undefined;
  readonly clientToken?: string | undefined;
  readonly state?: "in-queue" | "pending/queued";
}

/** Stores a snapshot in its first state, `in-queue` when none is given, and begins to make it. */
export function beginSnapshot(cloud: Cloud, input: Origin & NewSnapshot): SnapshotRecord {
  const { source, accountId, description, clientToken, sizeGib, state = "in-queue" } = input;
  const id = newId("snap");
  const alias = cloud.accounts.aliasOf(accountId);
  const api = {
    SnapshotId: id,
    State: state,
    Progress: 0,
    VolumeSize: sizeGib,
    AccountId: accountId,
    CreationDate: timestamp(cloud),
    Description: description ?? "",
    PermissionsToCreateVolume: { AccountIds: [], GlobalPermission: false },
    Tags: [],
    ...(alias === undefined ? {} : { AccountAlias: alias }),
    ...(source.kind === "volume" ? { VolumeId: source.id } : {}),
    ...(clientToken === undefined ? {} : { ClientToken: clientToken }),
  };
  // What it is fetched from has no id of this cloud.
  const record = { id, accountId, source: source.id === "" ? { ...source, id } : source, api };
  cloud.store.snapshots.put(record);
  cloud.unseen.made("snapshot", id);
  cloud.lifecycle.start("snapshot", id);
  return record;
}
