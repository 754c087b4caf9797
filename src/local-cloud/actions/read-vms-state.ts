import type { VmStates } from "../../outscale/oapi.ts";
import { applyFilters, type FilterRules } from "../filters.ts";
import { pageOf } from "../pagination.ts";
import type { FilterKeys, Handler } from "./call.ts";

const rules: FilterRules<FilterKeys<"ReadVmsState">, VmStates> = {
  MaintenanceEventCodes: "MaintenanceEvents.Code",
  MaintenanceEventDescriptions: "MaintenanceEvents.Description",
  MaintenanceEventsNotAfter: "MaintenanceEvents.NotAfter",
  MaintenanceEventsNotBefore: "MaintenanceEvents.NotBefore",
  SubregionNames: "SubregionName",
  VmIds: "VmId",
  VmStates: "VmState",
};

/** The states of the account's VMs; only of those that run, unless `AllVms` is set. */
export const readVmsState: Handler<"ReadVmsState"> = ({ cloud, account }, request) => {
  const own = cloud.store.vms.values().filter(({ accountId }) => accountId === account.id);
  const seen = own
    .filter(({ api }) => request.AllVms === true || api.State === "running")
    .map(
      ({ id, api }): VmStates => ({
        VmId: id,
        VmState: api.State,
        MaintenanceEvents: [],
        ...(api.Placement?.SubregionName === undefined ? {} : { SubregionName: api.Placement.SubregionName }),
      }),
    );
  const { items, token } = pageOf(applyFilters(seen, request.Filters, rules), request, {
    keyOf: ({ VmId = "" }) => VmId,
    nowMs: cloud.settings.clock.now(),
  });
  return { VmStates: items, ...token };
};
