import type { FiltersVolume } from "../../outscale/oapi.ts";
import type { Cloud } from "../cloud.ts";
import { applyFilters, type FilterRules, tagFilters } from "../filters.ts";
import { pageOf } from "../pagination.ts";
import type { VolumeRecord } from "../records.ts";
import type { Handler } from "./call.ts";

type Seen = VolumeRecord["api"] & { readonly LinkDate?: string };

const rules: FilterRules<keyof FiltersVolume, Seen> = {
  ClientTokens: "ClientToken",
  CreationDates: "CreationDate",
  LinkVolumeDeleteOnVmDeletion: "LinkedVolumes.DeleteOnVmDeletion",
  LinkVolumeDeviceNames: "LinkedVolumes.DeviceName",
  LinkVolumeLinkDates: "LinkDate",
  LinkVolumeLinkStates: "LinkedVolumes.State",
  LinkVolumeVmIds: "LinkedVolumes.VmId",
  SnapshotIds: "SnapshotId",
  SubregionNames: "SubregionName",
  VolumeIds: "VolumeId",
  VolumeSizes: "Size",
  VolumeStates: "State",
  VolumeTypes: "VolumeType",
  ...tagFilters,
};

/** The account's own volumes. */
export const readVolumes: Handler<"ReadVolumes"> = ({ cloud, account }, request) => {
  const { store, unseen } = cloud;
  const own = store.volumes
    .values()
    .filter(({ id, accountId }) => accountId === account.id && !unseen.hides("volume", id));
  const seen = own.map((volume) => volumeAsSeen(cloud, volume));
  const found = applyFilters(seen, request.Filters, rules);
  const { items, token } = pageOf(found, request, {
    keyOf: ({ CreationDate, VolumeId }) => CreationDate + VolumeId,
    nowMs: cloud.settings.clock.now(),
  });
  return { Volumes: items.map(({ LinkDate: _filteredBy, ...volume }) => volume), ...token };
};

function volumeAsSeen({ unseen }: Cloud, { id, api, linkDate }: VolumeRecord): Seen {
  if (unseen.hides("link", id)) return { ...api, State: "available", LinkedVolumes: [] };
  return { ...api, ...(linkDate ? { LinkDate: linkDate } : {}) };
}
