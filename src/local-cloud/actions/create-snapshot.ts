import type { RequestOf } from "../../outscale/oapi.ts";
import { beginSnapshot, type Origin } from "../begin-snapshot.ts";
import { BYTES_PER_GIB } from "../disks/disks.ts";
import { checkQuotas } from "../quotas.ts";
import type { SnapshotRecord } from "../records.ts";
import { Refusal } from "../refusal.ts";
import { checkLocation } from "../transfers/check-location.ts";
import { beginImport } from "../transfers/import-work.ts";
import { checkOwnRegion, madeBefore, ownVolume, usableSnapshot } from "./access.ts";
import type { Call, Handler } from "./call.ts";
import { LARGEST_GIB } from "./volume-rules.ts";

/** A snapshot of a volume, or a copy of another snapshot of this region. A ClientToken makes it once only. */
export const createSnapshot: Handler<"CreateSnapshot"> = (call, request) => {
  const { cloud, account } = call;
  const { ClientToken } = request;
  const same = madeBefore(cloud.store.snapshots.values(), account.id, ClientToken);
  if (same) return { Snapshot: same.api };
  if (request.FileLocation !== undefined) return { Snapshot: importOf(call, request, request.FileLocation).api };
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

/** A snapshot of an object in a bucket: its data is fetched once this is answered. */
function importOf({ cloud, account }: Call, request: RequestOf<"CreateSnapshot">, location: string): SnapshotRecord {
  if (request.VolumeId !== undefined || request.SourceSnapshotId !== undefined) throw notOneSource();
  const { SnapshotSize: bytes = 0, Description: description, ClientToken: clientToken } = request;
  const sizeGib = Math.ceil(bytes / BYTES_PER_GIB);
  if (bytes < 1 || sizeGib > LARGEST_GIB) {
    throw new Refusal("bad-parameter", `SnapshotSize is the size of the disk in bytes, at most ${LARGEST_GIB} GiB`);
  }
  checkLocation(cloud, location);
  checkQuotas(cloud, account.id, { snapshot_limit: 1, concurrent_snapshot_limit: 1 });
  return beginImport(cloud, { accountId: account.id, location, sizeGib, description, clientToken });
}

function notOneSource(): Refusal {
  return new Refusal("bad-parameter", "CreateSnapshot takes one of VolumeId, SourceSnapshotId and FileLocation");
}

function originOf(call: Call, request: RequestOf<"CreateSnapshot">): Origin {
  if ((request.VolumeId === undefined) === (request.SourceSnapshotId === undefined)) throw notOneSource();
  if (request.VolumeId !== undefined) return originOfVolume(call, request.VolumeId);
  if (request.SourceSnapshotId === undefined) throw notOneSource();
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
