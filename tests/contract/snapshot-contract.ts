import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ContractContext } from "./cloud-contract.ts";

/** Platform reference, sections 3, 8, 10 and 11: snapshots, and who may use them. */
export function snapshotContract(context: ContractContext): void {
  describe("snapshots", () => {
    let VolumeId = "";
    let SnapshotId = "";
    const SubregionName = () => `${context.target.region}a`;

    beforeAll(async () => {
      VolumeId = (await context.client.ok("CreateVolume", { SubregionName: SubregionName(), Size: 2 })).Volume.VolumeId;
    });
    afterAll(async () => void (await context.client.ok("DeleteVolume", { VolumeId })));

    it("are refused while the volume is creating: 409 and 6007", async () => {
      const { Volume } = await context.client.ok("CreateVolume", { SubregionName: SubregionName(), Size: 1 });
      expect(await context.client.refusal("CreateSnapshot", { VolumeId: Volume.VolumeId })).toEqual([409, "6007"]);
      await context.client.until("Volume", Volume.VolumeId, "available");
      await context.client.ok("DeleteVolume", { VolumeId: Volume.VolumeId });
    });

    it("are born in-queue with progress 0 and end completed with 100", async () => {
      await context.client.until("Volume", VolumeId, "available");
      const { Snapshot } = await context.client.ok("CreateSnapshot", { VolumeId, Description: "contract" });
      expect(Snapshot).toMatchObject({
        State: "in-queue",
        Progress: 0,
        VolumeSize: 2,
        VolumeId,
        Description: "contract",
        Tags: [],
      });
      expect(Snapshot.PermissionsToCreateVolume).toEqual({ AccountIds: [], GlobalPermission: false });
      expect(Snapshot).not.toHaveProperty("ClientToken");
      SnapshotId = Snapshot.SnapshotId;
      const { object, seen } = await context.client.until("Snapshot", SnapshotId, "completed");
      expect(object.Progress).toBe(100);
      expect(["in-queue", "pending", "completed"]).toEqual(expect.arrayContaining(seen));
    });

    it("refuse a volume smaller than they are, and give their size to one without", async () => {
      const [status, code] = await context.client.refusal("CreateVolume", {
        SubregionName: SubregionName(),
        SnapshotId,
        Size: 1,
      });
      expect([status, ["4125", "4078"].includes(code)]).toEqual([400, true]);
      const { Volume } = await context.client.ok("CreateVolume", { SubregionName: SubregionName(), SnapshotId });
      expect(Volume).toMatchObject({ Size: 2, SnapshotId });
      await context.client.until("Volume", Volume.VolumeId, "available");
      await context.client.ok("DeleteVolume", { VolumeId: Volume.VolumeId });
    });

    it("are unseen and unusable by another account until they are shared with it", async () => {
      const [{ AccountId }] = (await context.other.ok("ReadAccounts")).Accounts;
      const create = { SubregionName: SubregionName(), SnapshotId };
      expect(await context.other.read("Snapshot", SnapshotId)).toBeUndefined();
      expect(await context.other.refusal("CreateVolume", create)).toEqual([400, "5054"]);
      const copy = { SourceSnapshotId: SnapshotId, SourceRegionName: context.target.region };
      expect(await context.other.refusal("CreateSnapshot", copy)).toEqual([400, "5054"]);
      const Additions = { AccountIds: [AccountId] };
      const shared = await context.client.ok("UpdateSnapshot", {
        SnapshotId,
        PermissionsToCreateVolume: { Additions },
      });
      expect(shared.Snapshot.PermissionsToCreateVolume.AccountIds).toEqual([AccountId]);
      expect(await context.other.read("Snapshot", SnapshotId)).toMatchObject({ SnapshotId });
      const { Volume } = await context.other.ok("CreateVolume", create);
      await context.other.until("Volume", Volume.VolumeId, "available");
      await context.other.ok("DeleteVolume", { VolumeId: Volume.VolumeId });
      await context.client.ok("UpdateSnapshot", { SnapshotId, PermissionsToCreateVolume: { Removals: Additions } });
      expect(await context.other.read("Snapshot", SnapshotId)).toBeUndefined();
    });

    it("are copied inside the region, and outlive what they were copied from", async () => {
      const request = { SourceSnapshotId: SnapshotId, SourceRegionName: context.target.region };
      const { Snapshot } = await context.client.ok("CreateSnapshot", request);
      await context.client.until("Snapshot", Snapshot.SnapshotId, "completed");
      await context.client.ok("DeleteSnapshot", { SnapshotId });
      expect((await context.client.ok("ReadSnapshots", { Filters: { SnapshotIds: [SnapshotId] } })).Snapshots).toEqual(
        [],
      );
      const volume = await context.client.ok("CreateVolume", {
        SubregionName: SubregionName(),
        SnapshotId: Snapshot.SnapshotId,
      });
      await context.client.until("Volume", volume.Volume.VolumeId, "available");
      await context.client.ok("DeleteVolume", { VolumeId: volume.Volume.VolumeId });
      await context.client.ok("DeleteSnapshot", { SnapshotId: Snapshot.SnapshotId });
    });

    it.each([
      ["DeleteSnapshot", { SnapshotId: "snap-00000000" }],
      [
        "UpdateSnapshot",
        { SnapshotId: "snap-00000000", PermissionsToCreateVolume: { Additions: { GlobalPermission: true } } },
      ],
    ])("are not found by %s: 400 and 5054", async (action, request) => {
      expect(await context.client.refusal(action, request)).toEqual([400, "5054"]);
    });
  });
}
