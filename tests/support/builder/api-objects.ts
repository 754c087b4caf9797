import { rootOf, type SourceOmi } from "../../../src/builder/steps/check-root-device.ts";
import type { RootVolume } from "../../../src/builder/steps/create-volume.ts";
import type { BuilderVm } from "../../../src/builder/steps/vm-info.ts";
import { ApiError } from "../../../src/outscale/errors.ts";
import type { Image, Snapshot, Vm, Volume } from "../../../src/outscale/oapi.ts";

export const ownAccount = "123456789012";
export const otherAccount = "999999999999";

/** An available image of another account, whose root is a volume with a snapshot. */
export const image = (changes: Partial<Image> = {}): Image => ({
  AccountId: otherAccount,
  Architecture: "x86_64",
  BlockDeviceMappings: [
    {
      DeviceName: "/dev/sda1",
      Bsu: { SnapshotId: "snap-source01", VolumeSize: 10, VolumeType: "gp2", DeleteOnVmDeletion: true },
    },
  ],
  BootModes: ["legacy"],
  CreationDate: "2026-01-01T00:00:00.000Z",
  ImageId: "ami-0a1b2c3d",
  ImageName: "Debian",
  ProductCodes: ["0001"],
  RootDeviceName: "/dev/sda1",
  RootDeviceType: "bsu",
  State: "available",
  Tags: [],
  ...changes,
});

export const sourceOmi = (changes: Partial<Image> = {}): SourceOmi => rootOf(image(changes));

/** A completed snapshot of the build's own account. */
export const snapshot = (changes: Partial<Snapshot> = {}): Snapshot => ({
  AccountId: ownAccount,
  CreationDate: "2026-01-01T00:00:00.000Z",
  Progress: 100,
  SnapshotId: "snap-source01",
  State: "completed",
  Tags: [],
  VolumeId: "vol-1",
  VolumeSize: 10,
  ...changes,
});

/** An available volume without a link. */
export const volume = (changes: Partial<Volume> = {}): Volume => ({
  CreationDate: "2026-01-01T00:00:00.000Z",
  LinkedVolumes: [],
  Size: 10,
  State: "available",
  SubregionName: "eu-west-2a",
  Tags: [],
  VolumeId: "vol-1",
  VolumeType: "gp2",
  ...changes,
});

export const rootVolume: RootVolume = { id: "vol-1", sizeGib: 10, type: "gp2", iops: undefined };
export const builderVm: BuilderVm = { id: "i-1", subregionName: "eu-west-2a" };

export const vm = (changes: Partial<Vm> = {}): Vm => ({
  BlockDeviceMappings: [],
  Placement: { SubregionName: "eu-west-2a" },
  State: "running",
  VmId: "i-1",
  ...changes,
});

/** The API refuses a call: nothing was done. */
export const refusal = (action: string, apiCode = "4019"): ApiError =>
  new ApiError({ action, ambiguous: false, httpStatus: 400, apiCode }, `${action} was refused`);

/** The answer to a call was lost: it may have had its effect. */
export const lostAnswer = (action: string): ApiError =>
  new ApiError({ action, ambiguous: true }, `${action} got no answer`);
