import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestCore, type TestCore } from "../../tests/support/local-cloud/test-core.ts";
import { volumeShape } from "./actions/volume-rules.ts";

describe("volumeShape()", () => {
  it.each([
    [
      { Size: 1, VolumeType: "standard" },
      { Size: 1, VolumeType: "standard" },
    ],
    [
      { Size: 1, VolumeType: "standard", Iops: 0 },
      { Size: 1, VolumeType: "standard" },
    ],
    [
      { Size: 12, VolumeType: "gp2" },
      { Size: 12, VolumeType: "gp2", Iops: 100 },
    ],
    [
      { Size: 200, VolumeType: "gp2" },
      { Size: 200, VolumeType: "gp2", Iops: 600 },
    ],
    [
      { Size: 14_901, VolumeType: "gp2" },
      { Size: 14_901, VolumeType: "gp2", Iops: 10_000 },
    ],
    [
      { Size: 10, VolumeType: "io1", Iops: 3_000 },
      { Size: 10, VolumeType: "io1", Iops: 3_000 },
    ],
  ])("makes of %j a volume of %j", (asked, expected) => {
    expect(volumeShape(asked)).toEqual(expected);
  });

  it.each([
    [{ Size: 0, VolumeType: "standard" }, "bad-volume-size"],
    [{ Size: 1, VolumeType: "st2" }, "bad-parameter"],
    [{ Size: 1, VolumeType: "gp2", Iops: 100 }, "bad-iops"],
  ])("refuses %j: %s", (asked, refusal) => {
    expect(() => volumeShape(asked)).toThrow(expect.objectContaining({ refusal }));
  });
});

describe("the rules of the platform", () => {
  let test: TestCore;
  const SubregionName = "eu-west-2a";
  const open = async (options: Parameters<typeof openTestCore>[0] = {}) => {
    test = await openTestCore(options);
  };
  const volume = async (request: object = {}) => {
    const { VolumeId } = test.call("CreateVolume", { SubregionName, Size: 1, ...request }).Volume;
    await test.core.lifecycle.idle();
    return VolumeId;
  };
  const link = (VolumeId: string, DeviceName: string) => ({ VmId: test.vmId, VolumeId, DeviceName });

  beforeEach(() => open());
  afterEach(() => test[Symbol.asyncDispose]());

  it("give sd and xvd names the same slot, and the root's to nobody", async () => {
    test.call("LinkVolume", link(await volume(), "/dev/sdf"));
    expect(test.refusal("LinkVolume", link(await volume(), "/dev/xvdf"))).toBe("device-taken");
    expect(test.refusal("LinkVolume", link(await volume(), "/dev/sda1"))).toBe("bad-device-name");
  });

  it("allow 40 volumes on a VM, its root included", async () => {
    const letters = "bcdefghijklmnopqrstuvwxyz".split("");
    const names = [...letters, ...letters.map((letter) => `b${letter}`)].map((slot) => `/dev/xvd${slot}`);
    for (const name of names.slice(0, 39)) test.call("LinkVolume", link(await volume(), name));
    expect(test.refusal("LinkVolume", link(await volume(), names[39] ?? ""))).toBe("too-many-volumes");
  });

  it("link a volume to a VM of the same subregion only, and to one VM", async () => {
    const far = await volume({ SubregionName: "eu-west-2b" });
    expect(test.refusal("LinkVolume", link(far, "/dev/xvdf"))).toBe("other-subregion");
    const near = await volume();
    test.call("LinkVolume", link(near, "/dev/xvdf"));
    expect(test.refusal("LinkVolume", link(near, "/dev/xvdg"))).toBe("bad-volume-state");
    expect(test.refusal("DeleteVolume", { VolumeId: near })).toBe("bad-volume-state");
  });

  it("keep the root volume linked, and unlink an unlinked one with 409", async () => {
    const root = test.core.store.volumes.values().find(({ isVmRoot }) => isVmRoot)?.id ?? "";
    expect(test.refusal("UnlinkVolume", { VolumeId: root })).toBe("bad-vm-state");
    expect(test.refusal("UnlinkVolume", { VolumeId: await volume() })).toBe("volume-not-linked");
  });

  it("hide other accounts' volumes and VMs", async () => {
    const VolumeId = await volume();
    expect(test.refusal("DeleteVolume", { VolumeId }, "other")).toBe("no-such-volume");
    expect(test.refusal("LinkVolume", link(VolumeId, "/dev/xvdf"), "other")).toBe("no-such-vm");
    expect(test.call("ReadVms", {}, "other").Vms).toEqual([]);
  });

  it("let another account neither change nor delete a public image", () => {
    const ImageId = test.call("ReadImages", {}).Images[0]?.ImageId ?? "";
    expect(test.refusal("DeleteImage", { ImageId })).toBe("not-yours");
    expect(test.refusal("UpdateImage", { ImageId, Description: "mine" })).toBe("not-yours");
    expect(test.refusal("CreateTags", { ResourceIds: [ImageId], Tags: [{ Key: "a", Value: "b" }] })).toBe("not-yours");
  });

  it("name a copy without a name after its source, with a number", () => {
    const SourceImageId = test.call("ReadImages", {}).Images[0]?.ImageId ?? "";
    const copy = () => test.call("CreateImage", { SourceImageId, SourceRegionName: "eu-west-2" }).Image.ImageName;
    expect([copy(), copy()]).toEqual(["Debian-12-2026.01.01-0-copy1", "Debian-12-2026.01.01-0-copy2"]);
  });

  it("give an image of a VM the iops of its io1 volumes: none can be made without", async () => {
    const io1 = await volume({ VolumeType: "io1", Iops: 200 });
    test.call("LinkVolume", link(io1, "/dev/xvdf"));
    const { BlockDeviceMappings } = test.call("CreateImage", { ImageName: "image", VmId: test.vmId }).Image;
    const mapped = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === "/dev/xvdf");
    expect(mapped?.Bsu).toMatchObject({ VolumeType: "io1", Iops: 200 });
  });

  it("want a snapshot for the root device of an image, and exactly one source", () => {
    const BlockDeviceMappings = [{ DeviceName: "/dev/sdb", Bsu: { VolumeSize: 1 } }];
    expect(test.refusal("CreateImage", { ImageName: "image", BlockDeviceMappings })).toBe("bad-root-mapping");
    expect(test.refusal("CreateImage", { ImageName: "image", BlockDeviceMappings, VmId: test.vmId })).toBe(
      "bad-parameter",
    );
    expect(test.refusal("CreateImage", { ImageName: "image" })).toBe("bad-parameter");
  });

  it.each([
    ["volume_limit", "too-many-volumes", { SubregionName, Size: 1 }],
    ["volume_size_limit", "too-many-gib", { SubregionName, Size: 1 }],
    ["iops_limit", "too-many-iops", { SubregionName, Size: 10, VolumeType: "io1", Iops: 200 }],
  ] as const)("hold an account to its %s", async (quota, refusal, request) => {
    await test[Symbol.asyncDispose]();
    await open({ quotas: { [quota]: 1 } });
    expect(test.refusal("CreateVolume", request)).toBe(refusal);
    expect(test.call("ReadQuotas", { Filters: { QuotaNames: [quota] } }).QuotaTypes[0]?.Quotas?.[0]?.MaxValue).toBe(1);
  });

  it.each([
    ["snapshot_limit", "too-many-snapshots"],
    ["concurrent_snapshot_limit", "too-many-concurrent-snapshots"],
  ] as const)("hold an account to its %s", async (quota, refusal) => {
    await test[Symbol.asyncDispose]();
    await open({ quotas: { [quota]: 1 } });
    const VolumeId = await volume();
    test.call("CreateSnapshot", { VolumeId });
    expect(test.refusal("CreateSnapshot", { VolumeId })).toBe(refusal);
  });

  it("allow 50 tags on a resource", async () => {
    const ResourceIds = [await volume()];
    const Tags = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: "" }));
    expect(test.refusal("CreateTags", { ResourceIds, Tags })).toBe("too-many-tags");
    expect(test.call("CreateTags", { ResourceIds, Tags: Tags.slice(1) })).toEqual({});
  });
});
