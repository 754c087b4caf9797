import type { VolumeUpdateTask } from "../../outscale/oapi.ts";
import { applyFilters, type FilterRules } from "../filters.ts";
import { pageOf } from "../pagination.ts";
import type { FilterKeys, Handler } from "./call.ts";

const rules: FilterRules<FilterKeys<"ReadVolumeUpdateTasks">, VolumeUpdateTask> = {
  TaskIds: "TaskId",
  VolumeIds: "VolumeId",
};

/** The updates of the account's volumes: those that go on, and the last ones that are over. */
export const readVolumeUpdateTasks: Handler<"ReadVolumeUpdateTasks"> = ({ cloud, account }, request) => {
  const own = cloud.store.volumeTasks.values().filter(({ accountId }) => accountId === account.id);
  const found = applyFilters(
    own.map(({ api }) => api),
    request.Filters,
    rules,
  );
  const { items, token } = pageOf(found, request, {
    keyOf: ({ StartDate = "", TaskId }) => StartDate + TaskId,
    nowMs: cloud.settings.clock.now(),
  });
  return { VolumeUpdateTasks: items, ...token };
};
