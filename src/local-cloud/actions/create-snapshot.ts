import type { RequestOf } from "../../outscale/oapi.ts";
import type { Cloud } from "../cloud.ts";
import { newId, timestamp } from "../cloud.ts";
import { checkQuotas } from "../quotas.ts";
import type { SnapshotRecord } from "../records.ts";
import { Refusal } from "../refusal.ts";
import { checkOwnRegion, madeBefore, ownVolume, usableSnapshot } from "./access.ts";
import type { Call, Handler } from "./call.ts";

/** A snapshot of a volume, or a copy of another snapshot of this region. A ClientToken makes it once only. */
export const createSnapshot: Handler<"CreateSnapshot"> = (call, request) => {
  const { cloud, account } = call;
  const { ClientToken } = request;
  const same = madeBefore(cloud.store.snapshots.values(), account.id, ClientToken);
  if (same) return { Snapshot: same.api };
  const origin = originOf(call, request);
  checkQuotas(cloud, account.id, { snapshot_limit: 1, concurrent_snapshot_limit: 1 });
  const { api } = beginSnapshot(cloud, {
    accountId: account.id,
    ...origin,
    description: request.Description,
    clientToken: ClientToken,
  });
  return { Snapshot: api };
};

type Origin = Pick<SnapshotRecord, "source"> & { readonly sizeGib: number };

function originOf(call: Call, request: RequestOf<"CreateSnapshot">): Origin {
  const given = [request.VolumeId, request.SourceSnapshotId, request.FileLocation].filter(
    (value) => value !== undefined,
  );
  if (given.length !== 1) {
    throw new Refusal("bad-parameter", "CreateSnapshot takes one of VolumeId, SourceSnapshotId and FileLocation");
  }
  if (request.VolumeId !== undefined) return originOfVolume(call, request.VolumeId);
  if (request.SourceSnapshotId === undefined) {
    throw new Refusal("not-supported-here", "The local cloud has no buckets: FileLocation cannot be imported");
  }
  checkOwnRegion(call, request.SourceRegionName);
  const { id, api } = usableSnapshot(call, request.SourceSnapshotId);
  if (api.State !== "completed") throw new Refusal("bad-state", `The snapshot ${id} is ${api.State}`);
  return { source: { kind: "snapshot", id }, sizeGib: api.VolumeSize };
}

function originOfVolume(call: Call, volumeId: string): Origin {
  const { id, api } = ownVolume(call, volumeId);
  if (api.State !== "available" && api.State !== "in-use") {
    throw new Refusal("bad-volume-state", `The volume ${id} is ${api.State}`);
  }
  return { source: { kind: "volume", id }, sizeGib: api.Size };
}

/** Stores a snapshot as `in-queue` and begins to cut it. */
export function beginSnapshot(
  cloud: Cloud,
  input: Origin & { accountId: string; description?: string | undefined; clientToken?: string | undefined },
): SnapshotRecord {
  const { source, accountId, description, clientToken, sizeGib } = input;
  const id = newId("snap");
  const alias = cloud.accounts.aliasOf(accountId);
  const api = {
    SnapshotId: id,
    State: "in-queue",
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
  const record = { id, accountId, source, api };
  cloud.store.snapshots.put(record);
  cloud.unseen.made("snapshot", id);
  cloud.lifecycle.start("snapshot", id);
  return record;
}
