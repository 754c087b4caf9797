import type { Volume } from "../outscale/oapi.ts";
import { type Cloud, newId, timestamp } from "./cloud.ts";
import type { VolumeRecord } from "./records.ts";

/** The newest tasks of every account that are kept: a volume may be updated for ever. */
const MOST_KEPT = 1_000;

type Shape = Pick<Volume, "Size" | "VolumeType" | "Iops">;

/** Notes that an update of a volume begins. @returns the id of its task */
export function beginVolumeTask(cloud: Cloud, { id: VolumeId, accountId, api }: VolumeRecord, target: Shape): string {
  const { volumeTasks } = cloud.store;
  const TaskId = newId("vol-update");
  volumeTasks.put({
    id: TaskId,
    accountId,
    api: {
      TaskId,
      VolumeId,
      State: "pending",
      Progress: 0,
      StartDate: timestamp(cloud),
      Comment: `Update of volume ${VolumeId}`,
      Tags: [],
      VolumeUpdate: { Origin: parametersOf(api), Target: parametersOf(target) },
    },
  });
  const [oldest, ...others] = volumeTasks.values();
  if (oldest && others.length >= MOST_KEPT) volumeTasks.delete(oldest.id);
  return TaskId;
}

/** Notes how an update has ended. */
export function endVolumeTask(
  cloud: Pick<Cloud, "store" | "settings">,
  taskId: string,
  State: "completed" | "failed",
): void {
  const { volumeTasks } = cloud.store;
  const task = volumeTasks.get(taskId);
  if (!task) return;
  const done = State === "completed" ? { Progress: 100 } : { Comment: `The update of ${task.api.VolumeId} failed` };
  volumeTasks.put({ ...task, api: { ...task.api, State, ...done, CompletionDate: timestamp(cloud) } });
}

/** A volume that has no iops of its own says null here, and nothing elsewhere. */
function parametersOf({ Size, VolumeType, Iops }: Shape) {
  return { Size, VolumeType, Iops: Iops ?? null };
}
