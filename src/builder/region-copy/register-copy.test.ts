import { describe, expect, it } from "vitest";
import { copyRequest, differencesOf, type ImageLook } from "./register-copy.ts";

const like: ImageLook = {
  Architecture: "x86_64",
  RootDeviceName: "/dev/sda1",
  BootModes: ["uefi"],
  TpmMandatory: true,
  ProductCodes: ["0001"],
  BlockDeviceMappings: [
    { DeviceName: "/dev/sda1", Bsu: { SnapshotId: "snap-1", VolumeSize: 10, VolumeType: "gp2", Iops: 100 } },
    { DeviceName: "/dev/xvdb", Bsu: { SnapshotId: "snap-2", VolumeSize: 20, VolumeType: "io1", Iops: 200 } },
    { DeviceName: "/dev/xvdc", Bsu: { VolumeSize: 30, VolumeType: "standard" } },
    { DeviceName: "/dev/xvdd", VirtualDeviceName: "ephemeral0" },
  ],
};
const disks = new Map([
  ["/dev/sda1", "snap-a"],
  ["/dev/xvdb", "snap-b"],
]);

describe("copyRequest()", () => {
  it("says what the source says, over the imported snapshots", () => {
    expect(copyRequest({ like, name: "web", description: undefined }, disks)).toEqual({
      ImageName: "web",
      Architecture: "x86_64",
      RootDeviceName: "/dev/sda1",
      BootModes: ["uefi"],
      TpmMandatory: true,
      ProductCodes: ["0001"],
      BlockDeviceMappings: [
        { DeviceName: "/dev/sda1", Bsu: { SnapshotId: "snap-a", VolumeSize: 10, VolumeType: "gp2" } },
        { DeviceName: "/dev/xvdb", Bsu: { SnapshotId: "snap-b", VolumeSize: 20, VolumeType: "io1", Iops: 200 } },
        { DeviceName: "/dev/xvdc", Bsu: { VolumeSize: 30, VolumeType: "standard" } },
        { DeviceName: "/dev/xvdd", VirtualDeviceName: "ephemeral0" },
      ],
    });
  });

  it("refuses to leave a disk out", () => {
    const one = new Map([["/dev/sda1", "snap-a"]]);
    expect(() => copyRequest({ like, name: "web", description: "" }, one)).toThrow(
      "Nothing was imported for /dev/xvdb",
    );
  });
});

describe("differencesOf()", () => {
  it.each<[Partial<ImageLook>, readonly string[]]>([
    [{}, []],
    [{ BootModes: ["legacy"] }, ["boot modes: legacy in place of uefi"]],
    [{ ProductCodes: ["0002", "0001"] }, ["product codes: 0001, 0002 in place of 0001"]],
    [
      { TpmMandatory: false, Architecture: "i386" },
      ["TPM: false in place of true", "architecture: i386 in place of x86_64"],
    ],
  ])("of %j", (changes, expected) => expect(differencesOf({ ...like, ...changes }, like)).toEqual(expected));
});
