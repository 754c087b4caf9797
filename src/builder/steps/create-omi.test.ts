import { describe, expect, it } from "vitest";
import { image, lostAnswer, ownAccount, refusal } from "../../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import type { BlockDeviceMapping } from "../../config/build-config.ts";
import type { Image } from "../../outscale/oapi.ts";
import { rootOf } from "./check-root-device.ts";
import { createImageRequest, createOmi, type OmiParts } from "./create-omi.ts";

const mapping = (changes: Partial<BlockDeviceMapping> & { deviceName: string }): BlockDeviceMapping => ({
  deleteOnVmDeletion: undefined,
  iops: undefined,
  noDevice: false,
  snapshotId: undefined,
  virtualName: undefined,
  volumeSize: undefined,
  volumeType: undefined,
  ...changes,
});

const config = { rootDeviceName: undefined, omiBlockDeviceMappings: [], omiBootModes: [], productCodes: [] };
const volume: OmiParts["volume"] = { id: "vol-1", sizeGib: 10, type: "gp2", iops: undefined };
const partsOf = (source: Image | undefined, changes: Partial<OmiParts["volume"]> = {}): OmiParts => ({
  volume: { ...volume, ...changes },
  snapshotId: "snap-built001",
  source: source && rootOf(source),
});
const builtRoot = {
  DeviceName: "/dev/sda1",
  Bsu: { SnapshotId: "snap-built001", VolumeSize: 10, VolumeType: "gp2", DeleteOnVmDeletion: true },
};

describe("createImageRequest()", () => {
  it("carries over what the source says about itself", () => {
    const source = image({ BootModes: ["uefi"], TpmMandatory: true, ProductCodes: ["0002", "0003"] });
    expect(createImageRequest(config, { name: "web", description: "A web server", parts: partsOf(source) })).toEqual({
      ImageName: "web",
      Description: "A web server",
      Architecture: "x86_64",
      RootDeviceName: "/dev/sda1",
      BlockDeviceMappings: [builtRoot],
      BootModes: ["uefi"],
      TpmMandatory: true,
      ProductCodes: ["0002", "0003"],
    });
  });

  it("lets the configuration override boot modes and product codes", () => {
    const overriding = { ...config, omiBootModes: ["legacy", "uefi"] as const, productCodes: ["0009"] };
    const request = createImageRequest(overriding, { name: "web", description: undefined, parts: partsOf(image()) });
    expect(request).toMatchObject({ BootModes: ["legacy", "uefi"], ProductCodes: ["0009"] });
    expect(request).not.toHaveProperty("Description");
  });

  it("keeps the other volumes, and sends iops for io1 alone", () => {
    const source = image({
      BlockDeviceMappings: [
        ...image().BlockDeviceMappings,
        { DeviceName: "/dev/xvdb", Bsu: { SnapshotId: "snap-data0001", VolumeSize: 50, VolumeType: "io1", Iops: 500 } },
        { DeviceName: "/dev/xvdc", Bsu: { VolumeSize: 5, VolumeType: "standard" } },
      ],
    });
    const overriding = {
      ...config,
      omiBlockDeviceMappings: [
        mapping({ deviceName: "/dev/xvdb", volumeType: "gp2" }),
        mapping({ deviceName: "/dev/xvdc", noDevice: true }),
        mapping({ deviceName: "/dev/xvdd", volumeSize: 20, volumeType: "io1", iops: 400, deleteOnVmDeletion: true }),
        mapping({ deviceName: "/dev/xvde", virtualName: "ephemeral0" }),
      ],
    };
    const request = createImageRequest(overriding, { name: "web", description: undefined, parts: partsOf(source) });
    expect(request.BlockDeviceMappings).toEqual([
      builtRoot,
      { DeviceName: "/dev/xvdb", Bsu: { SnapshotId: "snap-data0001", VolumeSize: 50, VolumeType: "gp2" } },
      { DeviceName: "/dev/xvdd", Bsu: { VolumeSize: 20, VolumeType: "io1", Iops: 400, DeleteOnVmDeletion: true } },
      { DeviceName: "/dev/xvde", VirtualDeviceName: "ephemeral0" },
    ]);
  });

  it("gives the root the volume's size, type and iops, whatever a mapping says of its snapshot", () => {
    const overriding = {
      ...config,
      omiBlockDeviceMappings: [
        mapping({ deviceName: "/dev/sda1", snapshotId: "snap-other001", deleteOnVmDeletion: false }),
      ],
    };
    const parts = partsOf(image(), { sizeGib: 20, type: "io1", iops: 1000 });
    expect(createImageRequest(overriding, { name: "web", description: undefined, parts }).BlockDeviceMappings).toEqual([
      {
        DeviceName: "/dev/sda1",
        Bsu: { SnapshotId: "snap-built001", VolumeSize: 20, VolumeType: "io1", Iops: 1000, DeleteOnVmDeletion: false },
      },
    ]);
  });

  it("lets the root's mapping make the OMI's root larger and of another type, but not smaller", () => {
    const of = (changes: Partial<BlockDeviceMapping>) => ({
      ...config,
      omiBlockDeviceMappings: [mapping({ deviceName: "/dev/sda1", ...changes })],
    });
    const register = (changes: Partial<BlockDeviceMapping>) =>
      createImageRequest(of(changes), { name: "web", description: undefined, parts: partsOf(image()) });
    expect(register({ volumeSize: 40, volumeType: "standard" }).BlockDeviceMappings?.[0]?.Bsu).toMatchObject({
      VolumeSize: 40,
      VolumeType: "standard",
    });
    expect(() => register({ volumeSize: 5 })).toThrow("less than the 10 GiB");
  });

  it("registers from scratch with the mappings of the configuration", () => {
    const scratch = {
      ...config,
      rootDeviceName: "/dev/sda1",
      omiBlockDeviceMappings: [mapping({ deviceName: "/dev/sda1", volumeType: "gp2" })],
    };
    expect(createImageRequest(scratch, { name: "web", description: undefined, parts: partsOf(undefined) })).toEqual({
      ImageName: "web",
      Architecture: "x86_64",
      RootDeviceName: "/dev/sda1",
      BlockDeviceMappings: [builtRoot],
    });
  });

  it("refuses an OMI that would not have what was built", () => {
    const overriding = { ...config, omiBlockDeviceMappings: [mapping({ deviceName: "/dev/sda1", noDevice: true })] };
    expect(() =>
      createImageRequest(overriding, { name: "web", description: undefined, parts: partsOf(image()) }),
    ).toThrow("nothing maps the root device /dev/sda1");
  });
});

describe("createOmi()", () => {
  const made = image({ ImageId: "ami-made", ImageName: "web", AccountId: ownAccount });
  const api = { createImage: () => ({ Image: made }), readImages: () => ({ Images: [made] }) };

  it("registers, tags and waits, and holds the OMI until the build is done", async () => {
    const states = ["pending", "available"];
    const readImages = () => ({ Images: [{ ...made, State: states.shift() }] });
    await using fake = await fakeBuild({
      config: { omi_description: "of {{.SourceOMI}}" },
      api: { ...api, readImages },
    });
    const parts = partsOf(image());
    const lease = await createOmi(fake.build, { name: "web", parts, undo: fake.scope });
    expect(lease.id).toBe("ami-made");
    expect(fake.calls.map(([call]) => call)).toEqual(["createImage", "createTags", "readImages", "readImages"]);
    expect(fake.calls[0]?.[1]).toMatchObject({ ImageName: "web", Description: "of ami-0a1b2c3d" });
    expect(fake.entries()).toEqual([
      { type: "intent", seq: 1, kind: "image", intent: { name: "web", rootSnapshotId: "snap-built001" } },
      { type: "result", seq: 1, id: "ami-made" },
    ]);
    expect(fake.ui.lines).toEqual(["say: Registering the OMI web...", "message: OMI: ami-made"]);
  });

  it("does not take somebody else's OMI of that name for the one whose answer was lost", async () => {
    const createImage = () => {
      throw lostAnswer("CreateImage");
    };
    await using fake = await fakeBuild({ api: { ...api, createImage } });
    const failing = createOmi(fake.build, { name: "web", parts: partsOf(image()), undo: fake.scope });
    await expect(failing).rejects.toThrow("got no answer");
    expect(fake.build.journal.hasOpenResources).toBe(true); // in doubt: the scope looks again
  });

  it("warns once when the account may not tag, and goes on", async () => {
    const createTags = () => {
      throw refusal("CreateTags");
    };
    await using fake = await fakeBuild({ api: { ...api, createTags } });
    for (const name of ["web-0123456789ab", "web"]) {
      await createOmi(fake.build, { name, parts: partsOf(image()), undo: fake.scope });
    }
    expect(fake.warnings()).toEqual([expect.stringContaining("ami-made and what follows get no tag of this run")]);
    expect(fake.calls.filter(([call]) => call === "createTags")).toHaveLength(1);
  });
});
