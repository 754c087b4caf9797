import type { FiltersImage, Image } from "../../outscale/oapi.ts";
import { applyFilters, type FilterRules, tagFilters } from "../filters.ts";
import { pageOf } from "../pagination.ts";
import { mayLaunch } from "./access.ts";
import type { Handler } from "./call.ts";

const rules: FilterRules<keyof FiltersImage, Image> = {
  AccountAliases: "AccountAlias",
  AccountIds: "AccountId",
  Architectures: "Architecture",
  BlockDeviceMappingDeleteOnVmDeletion: "BlockDeviceMappings.Bsu.DeleteOnVmDeletion",
  BlockDeviceMappingDeviceNames: "BlockDeviceMappings.DeviceName",
  BlockDeviceMappingSnapshotIds: "BlockDeviceMappings.Bsu.SnapshotId",
  BlockDeviceMappingVolumeSizes: "BlockDeviceMappings.Bsu.VolumeSize",
  BlockDeviceMappingVolumeTypes: "BlockDeviceMappings.Bsu.VolumeType",
  BootModes: "BootModes",
  Descriptions: "Description",
  FileLocations: "FileLocation",
  Hypervisors: () => ["xen"],
  ImageIds: "ImageId",
  ImageNames: "ImageName",
  PermissionsToLaunchAccountIds: "PermissionsToLaunch.AccountIds",
  PermissionsToLaunchGlobalPermission: "PermissionsToLaunch.GlobalPermission",
  ProductCodeNames: () => [],
  ProductCodes: "ProductCodes",
  RootDeviceNames: "RootDeviceName",
  // Images answer `bsu`, VMs `ebs`, and the filters of both take either.
  RootDeviceTypes: () => ["bsu", "ebs"],
  SecureBoot: "SecureBoot",
  States: "State",
  TpmMandatory: "TpmMandatory",
  VirtualizationTypes: () => ["hvm"],
  ...tagFilters,
};

/** Every image that the account may launch: its own, shared ones, public ones. */
export const readImages: Handler<"ReadImages"> = (call, request) => {
  const { store, unseen, lingering } = call.cloud;
  const there = store.images.values().filter(({ id, api }) => api.State !== "deleting" && !unseen.hides("image", id));
  const images = [...there, ...lingering.images].filter((image) => mayLaunch(call, image));
  const seen = images.map(({ api }) => api);
  const { items, token } = pageOf(applyFilters(seen, request.Filters, rules), request, {
    keyOf: ({ CreationDate, ImageId }) => CreationDate + ImageId,
    nowMs: call.cloud.settings.clock.now(),
  });
  return { Images: items, ...token };
};
