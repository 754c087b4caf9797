import { describe, expect, it } from "vitest";
import { builderVm, sourceOmi, volume } from "../../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { CancelledError } from "../../common/errors.ts";
import type { BlockDeviceMapping } from "../../config/build-config.ts";
import type { BsuToCreate, Volume } from "../../outscale/oapi.ts";
import type { SourceOmi } from "./check-root-device.ts";
import { createVolume, rootVolumeRequest } from "./create-volume.ts";

const source = (bsu: BsuToCreate): SourceOmi => ({
  ...sourceOmi(),
  rootMapping: { DeviceName: "/dev/sda1", Bsu: bsu },
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

describe("createVolume()", () => {
  const api = {
    createVolume: () => ({ Volume: volume({ State: "creating" }) }),
    readVolumes: () => ({ Volumes: [volume({ Iops: 100 })] }),
  };
  const clientToken = "outscale-chroot-0123456789ab-volume";

  it("creates with a token of its own, tags it, waits, and says what it got", async () => {
    await using fake = await fakeBuild({ config: { root_volume_tags: { Name: "root of {{.SourceOMIName}}" } }, api });
    const input = { vm: builderVm, source: sourceOmi(), temporary: fake.scope };
    expect(await createVolume(fake.build, input)).toEqual({ id: "vol-1", sizeGib: 10, type: "gp2", iops: 100 });
    expect(fake.calls).toEqual([
      [
        "createVolume",
        {
          SubregionName: "eu-west-2a",
          SnapshotId: "snap-source01",
          Size: 10,
          VolumeType: "gp2",
          ClientToken: clientToken,
        },
      ],
      ["createTags", { ResourceIds: ["vol-1"], Tags: [{ Key: "Name", Value: "root of Debian" }] }],
      ["createTags", { ResourceIds: ["vol-1"], Tags: [{ Key: "outscale-chroot:run", Value: "0123456789ab" }] }],
      ["readVolumes", { Filters: { VolumeIds: ["vol-1"] } }],
    ]);
    expect(fake.entries()).toEqual([
      {
        type: "base",
        base: expect.objectContaining({ source_omi: "ami-0a1b2c3d", root_volume_size: 10, vm_id: "i-1" }),
      },
      { type: "intent", seq: 1, kind: "volume", intent: { clientToken, vmId: "i-1" } },
      { type: "result", seq: 1, id: "vol-1" },
    ]);
    expect(fake.ui.lines).toEqual([
      "say: Creating the root volume from snap-source01...",
      "message: Volume vol-1: 10 GiB, gp2",
    ]);
  });

  it("leaves a volume that ends in error to its scope", async () => {
    const readVolumes = () => ({ Volumes: [volume({ State: "error" })] });
    await using fake = await fakeBuild({ api: { ...api, readVolumes } });
    const input = { vm: builderVm, source: sourceOmi(), temporary: fake.scope };
    await expect(createVolume(fake.build, input)).rejects.toMatchObject({
      step: "StepCreateVolume",
      resourceId: "vol-1",
    });
    expect([fake.scope.size, fake.build.journal.hasOpenResources]).toEqual([1, true]);
  });

  it("creates nothing in a build that is cancelled", async () => {
    await using fake = await fakeBuild({ api });
    fake.controller.abort();
    const input = { vm: builderVm, source: sourceOmi(), temporary: fake.scope };
    await expect(createVolume(fake.build, input)).rejects.toThrow(CancelledError);
    expect(fake.calls).toEqual([]);
  });

  it("asks for another one when it is tried again: the service remembers what it has made for a token", async () => {
    const made: Volume[] = [];
    const create = ({ ClientToken }: { readonly ClientToken: string }) => {
      const same = made.find((each) => each.ClientToken === ClientToken);
      const number = made.length + 1;
      const Volume =
        same ?? volume({ VolumeId: `vol-${number}`, ClientToken, State: number === 1 ? "error" : "available" });
      if (same === undefined) made.push(Volume);
      return { Volume };
    };
    const gone = new Set<string>();
    const api = {
      createVolume: create,
      readVolumes: () => ({ Volumes: made.filter(({ VolumeId }) => !gone.has(VolumeId)) }),
      deleteVolume: ({ VolumeId }: { readonly VolumeId: string }) => {
        gone.add(VolumeId);
        return {};
      },
    };
    await using fake = await fakeBuild({ config: { packer_on_error: "ask" }, api });
    fake.ui.answers.push("r", "c");
    const input = { vm: builderVm, source: sourceOmi(), temporary: fake.scope };
    expect(await createVolume(fake.build, input)).toMatchObject({ id: "vol-2" });
    expect([fake.ui.of("ask").length, [...gone]]).toEqual([1, ["vol-1"]]);
  });
});
