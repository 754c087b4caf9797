import { checkQuotas } from "../quotas.ts";
import { Refusal } from "../refusal.ts";
import { beginVolumeTask } from "../volume-tasks.ts";
import { ownVolume } from "./access.ts";
import type { Handler } from "./call.ts";
import { volumeShape } from "./volume-rules.ts";

/** Grows a volume or changes its type or iops. The answer has the old values and the task that changes them. */
export const updateVolume: Handler<"UpdateVolume"> = (call, request) => {
  const { cloud, account } = call;
  const volume = ownVolume(call, request.VolumeId);
  const { api } = volume;
  if (api.State !== "available" && api.State !== "in-use") {
    throw new Refusal("bad-volume-state", `The volume ${volume.id} is ${api.State}`);
  }
  if (volume.update) throw new Refusal("busy", `The volume ${volume.id} is being updated`);
  if (request.Size !== undefined && request.Size < api.Size) {
    throw new Refusal("bad-volume-size", `A volume cannot shrink, from ${api.Size} to ${request.Size} GiB`);
  }
  const VolumeType = request.VolumeType ?? api.VolumeType;
  const Iops = request.Iops ?? (VolumeType === "io1" && api.VolumeType === "io1" ? api.Iops : undefined);
  const update = volumeShape({ Size: request.Size ?? api.Size, VolumeType, Iops });
  checkQuotas(cloud, account.id, {
    volume_size_limit: update.Size - api.Size,
    ...(VolumeType === "io1"
      ? { iops_limit: Math.max(0, (update.Iops ?? 0) - (api.VolumeType === "io1" ? (api.Iops ?? 0) : 0)) }
      : {}),
  });
  const updating = { ...volume, update, api: { ...api, TaskId: beginVolumeTask(cloud, volume, update) } };
  cloud.store.volumes.put(updating);
  cloud.lifecycle.start("update", volume.id);
  return { Volume: updating.api };
};
