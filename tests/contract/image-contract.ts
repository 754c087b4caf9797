import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ContractContext } from "./cloud-contract.ts";

/** Platform reference, sections 1, 3, 8, 10 and 11: images, and who may launch and copy them. */
export function imageContract(context: ContractContext): void {
  describe("images", () => {
    let SnapshotId = "";
    let ImageId = "";
    const ImageName = `contract ${Date.now()}`;
    const mappings = () => [{ DeviceName: "/dev/sda1", Bsu: { SnapshotId } }];
    const register = (request: object = {}) => ({
      ImageName,
      RootDeviceName: "/dev/sda1",
      BlockDeviceMappings: mappings(),
      ...request,
    });

    beforeAll(async () => {
      const { client, target } = context;
      const { Volume } = await client.ok("CreateVolume", { SubregionName: `${target.region}a`, Size: 1 });
      await client.until("Volume", Volume.VolumeId, "available");
      SnapshotId = (await client.ok("CreateSnapshot", { VolumeId: Volume.VolumeId })).Snapshot.SnapshotId;
      await client.until("Snapshot", SnapshotId, "completed");
      await client.ok("DeleteVolume", { VolumeId: Volume.VolumeId });
    });
    afterAll(async () => void (await context.client.ok("DeleteSnapshot", { SnapshotId })));

    it("registered from a snapshot have legacy boot alone, and leave absent keys out", async () => {
      const { Image } = await context.client.ok("CreateImage", register());
      ({ ImageId } = Image);
      const [{ AccountId }] = (await context.client.ok("ReadAccounts")).Accounts;
      expect((await context.client.until("Image", ImageId, "available")).object).toEqual({
        ImageId: expect.stringMatching(/^ami-[0-9a-f]{8}$/),
        ImageName,
        AccountId,
        State: "available",
        StateComment: {},
        Architecture: "x86_64",
        BlockDeviceMappings: [
          {
            DeviceName: "/dev/sda1",
            Bsu: { SnapshotId, VolumeSize: 1, VolumeType: "standard", DeleteOnVmDeletion: true },
          },
        ],
        BootModes: ["legacy"],
        CreationDate: expect.any(String),
        Description: "",
        FileLocation: `${AccountId}/${ImageName}`,
        ImageType: "machine",
        PermissionsToLaunch: { AccountIds: [], GlobalPermission: false },
        ProductCodes: ["0001"],
        RootDeviceName: "/dev/sda1",
        RootDeviceType: "bsu",
        SecureBoot: false,
        Tags: [],
        TpmMandatory: false,
      });
    });

    it("have a name that is unique in the account", async () => {
      expect((await context.client.refusal("CreateImage", register()))[0]).toBe(409);
      expect(await context.client.refusal("CreateImage", register({ ImageName: "a" }))).toEqual([400, "4026"]);
    });

    it("keep their snapshot from being deleted", async () => {
      expect((await context.client.refusal("DeleteSnapshot", { SnapshotId }))[0]).toBeGreaterThanOrEqual(400);
      expect(await context.client.read("Snapshot", SnapshotId)).toBeDefined();
    });

    it("are seen by another account once they may be launched by it, and copied although their snapshot is not shared", async () => {
      const { client, other, target } = context;
      const [{ AccountId }] = (await other.ok("ReadAccounts")).Accounts;
      expect(await other.read("Image", ImageId)).toBeUndefined();
      const Additions = { AccountIds: [AccountId] };
      await client.ok("UpdateImage", { ImageId, PermissionsToLaunch: { Additions } });
      expect(await other.read("Image", ImageId)).toMatchObject({ ImageId });
      expect(await other.read("Snapshot", SnapshotId)).toBeUndefined();
      const copy = { SourceImageId: ImageId, SourceRegionName: target.region, ImageName: `${ImageName} copy` };
      const copied = (await other.ok("CreateImage", copy)).Image;
      const { object } = await other.until("Image", copied.ImageId, "available");
      const ownSnapshot = object.BlockDeviceMappings[0].Bsu.SnapshotId;
      expect(ownSnapshot).not.toBe(SnapshotId);
      expect(await other.read("Snapshot", ownSnapshot)).toMatchObject({ AccountId });
      await other.ok("DeleteImage", { ImageId: copied.ImageId });
      await other.ok("DeleteSnapshot", { SnapshotId: ownSnapshot });
      expect((await other.refusal("DeleteImage", { ImageId }))[0]).toBeGreaterThanOrEqual(400);
    });

    it("are copied with what the source says of itself, or what the request says", async () => {
      const { client, target } = context;
      const copy = async (request: object) => {
        const source = { SourceImageId: ImageId, SourceRegionName: target.region };
        const { Image } = await client.ok("CreateImage", { ...source, ImageName: `${ImageName} words`, ...request });
        const { object } = await client.until("Image", Image.ImageId, "available");
        await client.ok("DeleteImage", { ImageId: Image.ImageId });
        await expect.poll(() => client.read("Image", Image.ImageId)).toBeUndefined();
        await client.ok("DeleteSnapshot", { SnapshotId: object.BlockDeviceMappings[0].Bsu.SnapshotId });
        const { BootModes, TpmMandatory, ProductCodes } = object;
        return { BootModes, TpmMandatory, ProductCodes };
      };
      expect(await copy({})).toEqual({ BootModes: ["legacy"], TpmMandatory: false, ProductCodes: ["0001"] });
      const words = { BootModes: ["uefi", "legacy"], TpmMandatory: true };
      expect(await copy(words)).toEqual({ BootModes: ["legacy", "uefi"], TpmMandatory: true, ProductCodes: ["0001"] });
    });

    it("of a VM are pending with their snapshots in the answer, and can be shared at once", async () => {
      const { client, target } = context;
      const { Image } = await client.ok("CreateImage", {
        ImageName: `${ImageName} vm`,
        VmId: target.vmId,
        NoReboot: true,
      });
      expect(Image.State).toBe("pending");
      const [vm] = (await client.ok("ReadVms", { Filters: { VmIds: [target.vmId] } })).Vms;
      expect(Image.BootModes).toContain(vm.BootMode);
      const snapshots = Image.BlockDeviceMappings.map(({ Bsu }: { Bsu: { SnapshotId: string } }) => Bsu.SnapshotId);
      expect(snapshots[0]).toMatch(/^snap-/);
      await client.ok("UpdateImage", {
        ImageId: Image.ImageId,
        PermissionsToLaunch: { Additions: { GlobalPermission: true } },
      });
      await client.until("Image", Image.ImageId, "available");
      await client.ok("DeleteImage", { ImageId: Image.ImageId });
      for (const id of snapshots) await client.ok("DeleteSnapshot", { SnapshotId: id });
    });

    it("refuse to be copied from another region", async () => {
      const copy = { SourceImageId: ImageId, SourceRegionName: "us-east-2", ImageName: `${ImageName} far` };
      expect((await context.client.refusal("CreateImage", copy))[0]).toBe(400);
    });

    it("of the Outscale account are found by Debian-12-*, public, with a snapshot that is not", async () => {
      const Filters = { ImageNames: ["Debian-12-*"], AccountAliases: ["Outscale"] };
      const [image] = (await context.client.ok("ReadImages", { Filters })).Images;
      expect(image).toMatchObject({
        AccountAlias: "Outscale",
        State: "available",
        PermissionsToLaunch: { GlobalPermission: true },
      });
      const [{ Bsu }] = image.BlockDeviceMappings;
      const create = { SubregionName: `${context.target.region}a`, SnapshotId: Bsu.SnapshotId };
      expect(await context.client.refusal("CreateVolume", create)).toEqual([400, "5054"]);
    });

    it("leave their snapshot when they are deregistered", async () => {
      await context.client.ok("DeleteImage", { ImageId });
      await expect.poll(() => context.client.read("Image", ImageId)).toBeUndefined();
      expect(await context.client.read("Snapshot", SnapshotId)).toMatchObject({ State: "completed" });
    });

    it.each([
      ["UpdateImage", { ImageId: "ami-00000000", Description: "x" }],
      ["DeleteImage", { ImageId: "ami-00000000" }],
      ["CreateTags", { ResourceIds: ["ami-00000000"], Tags: [{ Key: "a", Value: "b" }] }],
      ["DeleteTags", { ResourceIds: ["ami-00000000"], Tags: [{ Key: "a", Value: "b" }] }],
    ])("are not found by %s: 400 and 5023", async (action, request) => {
      expect(await context.client.refusal(action, request)).toEqual([400, "5023"]);
    });
  });
}
