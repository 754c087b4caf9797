import type { FiltersVm, Vm } from "../../outscale/oapi.ts";
import type { Cloud } from "../cloud.ts";
import { applyFilters, checkIdForm, type FilterRules, tagFilters } from "../filters.ts";
import { pageOf } from "../pagination.ts";
import type { VmRecord } from "../records.ts";
import type { Handler } from "./call.ts";

/** The numbers that the API has for the states of a VM. */
const STATE_CODES: Readonly<Record<string, number>> = { pending: 0, running: 16, stopping: 64, stopped: 80 };

const rules: FilterRules<keyof FiltersVm, Vm> = {
  Architectures: "Architecture",
  BlockDeviceMappingDeleteOnVmDeletion: "BlockDeviceMappings.Bsu.DeleteOnVmDeletion",
  BlockDeviceMappingDeviceNames: "BlockDeviceMappings.DeviceName",
  BlockDeviceMappingLinkDates: "BlockDeviceMappings.Bsu.LinkDate",
  BlockDeviceMappingStates: "BlockDeviceMappings.Bsu.State",
  BlockDeviceMappingVolumeIds: "BlockDeviceMappings.Bsu.VolumeId",
  BootModes: "BootMode",
  ClientTokens: "ClientToken",
  CreationDates: "CreationDate",
  ImageIds: "ImageId",
  IsSourceDestChecked: "IsSourceDestChecked",
  KeypairNames: "KeypairName",
  LaunchNumbers: "LaunchNumber",
  Lifecycles: "Lifecycle",
  NetIds: "NetId",
  NicAccountIds: "Nics.AccountId",
  NicDescriptions: "Nics.Description",
  NicIsSourceDestChecked: "Nics.IsSourceDestChecked",
  NicLinkNicDeleteOnVmDeletion: "Nics.LinkNic.DeleteOnVmDeletion",
  NicLinkNicDeviceNumbers: "Nics.LinkNic.DeviceNumber",
  NicLinkNicLinkNicDates: "Nics.LinkNic.LinkNicDate",
  NicLinkNicLinkNicIds: "Nics.LinkNic.LinkNicId",
  NicLinkNicStates: "Nics.LinkNic.State",
  NicLinkNicVmAccountIds: "Nics.LinkNic.VmAccountId",
  NicLinkNicVmIds: "Nics.LinkNic.VmId",
  NicLinkPublicIpAccountIds: "Nics.LinkPublicIp.PublicIpAccountId",
  NicLinkPublicIpLinkPublicIpIds: "Nics.LinkPublicIp.LinkPublicIpId",
  NicLinkPublicIpPublicIpIds: "Nics.LinkPublicIp.PublicIpId",
  NicLinkPublicIpPublicIps: "Nics.LinkPublicIp.PublicIp",
  NicMacAddresses: "Nics.MacAddress",
  NicNetIds: "Nics.NetId",
  NicNicIds: "Nics.NicId",
  NicPrivateIpsLinkPublicIpAccountIds: "Nics.PrivateIps.LinkPublicIp.PublicIpAccountId",
  NicPrivateIpsLinkPublicIpIds: "Nics.PrivateIps.LinkPublicIp.PublicIp",
  NicPrivateIpsPrimaryIp: "Nics.PrivateIps.IsPrimary",
  NicPrivateIpsPrivateIps: "Nics.PrivateIps.PrivateIp",
  NicSecurityGroupIds: "Nics.SecurityGroups.SecurityGroupId",
  NicSecurityGroupNames: "Nics.SecurityGroups.SecurityGroupName",
  NicStates: "Nics.State",
  NicSubnetIds: "Nics.SubnetId",
  NicSubregionNames: "Nics.SubregionName",
  Platforms: "OsFamily",
  PrivateIps: "PrivateIp",
  ProductCodes: "ProductCodes",
  PublicIps: "PublicIp",
  ReservationIds: "ReservationId",
  RootDeviceNames: "RootDeviceName",
  // Images answer `bsu`, VMs `ebs`, and the filters of both take either.
  RootDeviceTypes: () => ["bsu", "ebs"],
  SecurityGroupIds: "SecurityGroups.SecurityGroupId",
  SecurityGroupNames: "SecurityGroups.SecurityGroupName",
  StateReasonCodes: "StateReasonCode",
  StateReasonMessages: "StateReason",
  StateReasons: "StateReason",
  SubnetIds: "SubnetId",
  SubregionNames: "Placement.SubregionName",
  Tenancies: "Placement.Tenancy",
  TpmEnabled: "TpmEnabled",
  VmIds: "VmId",
  VmSecurityGroupIds: "SecurityGroups.SecurityGroupId",
  VmSecurityGroupNames: "SecurityGroups.SecurityGroupName",
  VmStateCodes: ({ State }) => [STATE_CODES[State]],
  VmStateNames: "State",
  VmTypes: "VmType",
  ...tagFilters,
};

/**
 * The account's own VMs, with the volumes that are linked now.
 * @throws {Refusal} `bad-id-prefix`, `bad-id` for an id that cannot be a VM's; no other read is known to refuse one
 */
export const readVms: Handler<"ReadVms"> = ({ cloud, account }, request) => {
  for (const id of request.Filters?.VmIds ?? []) checkIdForm("i-", id);
  const own = cloud.store.vms.values().filter(({ accountId }) => accountId === account.id);
  const found = applyFilters(
    own.map((vm) => vmAsSeen(cloud, vm)),
    request.Filters,
    rules,
  );
  const { items, token } = pageOf(found, request, {
    keyOf: ({ CreationDate = "", VmId }) => CreationDate + VmId,
    nowMs: cloud.settings.clock.now(),
  });
  return { Vms: items, ...token };
};

/** A VM with a mapping for each volume that is linked to it. */
export function vmAsSeen({ store, unseen }: Pick<Cloud, "store" | "unseen">, { id, api }: VmRecord): Vm {
  const volumes = store.volumes.values().filter((volume) => !unseen.hides("link", volume.id));
  const BlockDeviceMappings = volumes.flatMap(({ linkDate, ...volume }) =>
    volume.api.LinkedVolumes.filter(({ VmId }) => VmId === id).map(
      ({ DeviceName, VolumeId, State, DeleteOnVmDeletion }) => ({
        DeviceName,
        Bsu: {
          VolumeId,
          State,
          ...(linkDate === undefined ? {} : { LinkDate: linkDate }),
          ...(DeleteOnVmDeletion === undefined ? {} : { DeleteOnVmDeletion }),
        },
      }),
    ),
  );
  return { ActionsOnNextBoot: { SecureBoot: "none" }, TpmEnabled: false, UserData: "", ...api, BlockDeviceMappings };
}
