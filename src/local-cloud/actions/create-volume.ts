import { newId, subregionsOf, timestamp } from "../cloud.ts";
import { checkQuotas } from "../quotas.ts";
import { Refusal } from "../refusal.ts";
import { madeBefore, usableSnapshot } from "./access.ts";
import type { Handler } from "./call.ts";
import { volumeShape } from "./volume-rules.ts";

/** A volume, empty or from a snapshot; it is `creating` while its disk is made. A ClientToken makes it once only. */
export const createVolume: Handler<"CreateVolume"> = (call, request) => {
  const { cloud, account } = call;
  const { ClientToken, SnapshotId, SubregionName } = request;
  const same = madeBefore(cloud.store.volumes.values(), account.id, ClientToken);
  if (same) return { Volume: same.api };
  if (!subregionsOf(cloud.settings.region).includes(SubregionName)) {
    throw new Refusal("no-such-subregion", `There is no subregion ${SubregionName} in ${cloud.settings.region}`);
  }
  const shape = volumeShape({
    VolumeType: request.VolumeType ?? "standard",
    Iops: request.Iops,
    Size: sizeOf(call, request),
  });
  checkQuotas(cloud, account.id, {
    volume_limit: 1,
    volume_size_limit: shape.Size,
    ...(shape.VolumeType === "io1" ? { iops_limit: shape.Iops ?? 0 } : {}),
  });
  const id = newId("vol");
  const api = {
    VolumeId: id,
    State: "creating",
    ...shape,
    SubregionName,
    CreationDate: timestamp(cloud),
    LinkedVolumes: [],
    Tags: [],
    ...(SnapshotId === undefined ? {} : { SnapshotId }),
    ...(ClientToken === undefined ? {} : { ClientToken }),
  };
  cloud.store.volumes.put({ id, accountId: account.id, api });
  cloud.unseen.made("volume", id);
  cloud.lifecycle.start("volume", id);
  return { Volume: api };
};

function sizeOf(call: Parameters<typeof createVolume>[0], request: Parameters<typeof createVolume>[1]): number {
  if (request.SnapshotId === undefined) {
    if (request.Size === undefined) throw new Refusal("bad-parameter", "Size is required without SnapshotId");
    return request.Size;
  }
  const { api } = usableSnapshot(call, request.SnapshotId);
  if (api.State !== "completed") throw new Refusal("bad-state", `The snapshot ${api.SnapshotId} is ${api.State}`);
  const size = request.Size ?? api.VolumeSize;
  if (size < api.VolumeSize) {
    throw new Refusal("volume-too-small", `Size is at least the snapshot's ${api.VolumeSize} GiB, not ${size}`);
  }
  return size;
}
