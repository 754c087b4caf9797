import type { Image, PermissionsOnResource, ResourceTag } from "../outscale/oapi.ts";
import { type Cloud, timestamp } from "./cloud.ts";
import { ROOT_DEVICE_NAME } from "./device-names.ts";
import { registerImage } from "./register-image.ts";

interface RegisterDiskInput {
  /** The disk is there already, under this id. */
  readonly snapshotId: string;
  readonly sizeGib: number;
  readonly name: string;
  readonly description: string;
  readonly permissions?: PermissionsOnResource;
  /** Both kinds when absent. */
  readonly bootModes?: Image["BootModes"];
  readonly tags?: ResourceTag[];
}

/** Makes a disk that came from outside a completed snapshot, shared with nobody, and an image that maps it as its root. */
export function registerDisk(cloud: Cloud, accountId: string, input: RegisterDiskInput): Image {
  const { snapshotId, sizeGib, name, description, permissions, bootModes, tags } = input;
  const alias = cloud.accounts.aliasOf(accountId);
  cloud.store.snapshots.put({
    id: snapshotId,
    accountId,
    source: { kind: "disk", id: snapshotId },
    api: {
      SnapshotId: snapshotId,
      State: "completed",
      Progress: 100,
      VolumeSize: sizeGib,
      AccountId: accountId,
      ...(alias === undefined ? {} : { AccountAlias: alias }),
      CreationDate: timestamp(cloud),
      Description: description,
      PermissionsToCreateVolume: { AccountIds: [], GlobalPermission: false },
      Tags: [],
    },
  });
  const Bsu = { DeleteOnVmDeletion: true, SnapshotId: snapshotId, VolumeSize: sizeGib, VolumeType: "standard" };
  return registerImage(cloud, accountId, {
    name,
    description,
    State: "available",
    Architecture: "x86_64",
    BootModes: bootModes ?? ["legacy", "uefi"],
    ProductCodes: ["0001"],
    TpmMandatory: false,
    RootDeviceName: ROOT_DEVICE_NAME,
    BlockDeviceMappings: [{ DeviceName: ROOT_DEVICE_NAME, Bsu }],
    ...(permissions === undefined ? {} : { permissions }),
    ...(tags === undefined ? {} : { tags }),
  });
}
