import { describe, expect, it } from "vitest";
import type { BlockDeviceMapping } from "../../config/build-config.ts";
import type { BsuToCreate } from "../../outscale/oapi.ts";
import type { SourceOmi } from "./check-root-device.ts";
import { rootVolumeRequest } from "./create-volume.ts";

const source = (bsu: BsuToCreate): SourceOmi => ({
  image: {
    AccountId: "999999999999",
    BlockDeviceMappings: [],
    CreationDate: "2026-01-01T00:00:00.000Z",
    ImageId: "ami-source01",
    ImageName: "Debian",
    State: "available",
    Tags: [],
  },
  rootDeviceName: "/dev/sda1",
  rootMapping: { DeviceName: "/dev/sda1", Bsu: bsu },
  rootSnapshotId: "snap-source01",
});

const rootIops: BlockDeviceMapping = {
  deviceName: "/dev/sda1",
  iops: 800,
  noDevice: false,
  deleteOnVmDeletion: undefined,
  snapshotId: undefined,
  virtualName: undefined,
  volumeSize: undefined,
  volumeType: undefined,
};
const config = {
  fromScratch: false,
  rootVolumeSize: undefined,
  rootVolumeType: undefined,
  omiBlockDeviceMappings: [],
  rootDeviceName: undefined,
};

describe("rootVolumeRequest()", () => {
  it.each([
    ["as the source", config, source({ VolumeSize: 10, VolumeType: "gp2" }), { Size: 10, VolumeType: "gp2" }],
    ["larger", { ...config, rootVolumeSize: 20 }, source({ VolumeSize: 10 }), { Size: 20 }],
    [
      "without the source's iops when the type is another",
      { ...config, rootVolumeType: "standard" as const },
      source({ VolumeSize: 10, VolumeType: "io1", Iops: 500 }),
      { Size: 10, VolumeType: "standard" },
    ],
    [
      "with the source's iops when both are io1",
      config,
      source({ VolumeSize: 10, VolumeType: "io1", Iops: 500 }),
      { Size: 10, VolumeType: "io1", Iops: 500 },
    ],
    [
      "with the iops of the root's mapping",
      { ...config, rootVolumeType: "io1" as const, omiBlockDeviceMappings: [rootIops] },
      source({ VolumeSize: 10, VolumeType: "gp2" }),
      { Size: 10, VolumeType: "io1", Iops: 800 },
    ],
    ["of the snapshot's size when the mapping names none", config, source({}), {}],
  ])("asks for a volume %s", (_what, options, from, expected) => {
    expect(rootVolumeRequest(options, { subregionName: "eu-west-2a", source: from })).toEqual({
      SubregionName: "eu-west-2a",
      SnapshotId: "snap-source01",
      ...expected,
    });
  });

  it("asks for an empty gp2 volume from scratch", () => {
    const scratch = { ...config, fromScratch: true, rootVolumeSize: 10, rootDeviceName: "/dev/sda1" };
    expect(rootVolumeRequest(scratch, { subregionName: "eu-west-2a", source: undefined })).toEqual({
      SubregionName: "eu-west-2a",
      Size: 10,
      VolumeType: "gp2",
    });
  });

  it("refuses io1 when nothing says how many iops", () => {
    const io1 = { ...config, rootVolumeType: "io1" as const };
    expect(() =>
      rootVolumeRequest(io1, { subregionName: "eu-west-2a", source: source({ VolumeType: "gp2" }) }),
    ).toThrow("how many iops");
  });
});
