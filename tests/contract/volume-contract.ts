import { describe, expect, it } from "vitest";
import type { ContractContext } from "./cloud-contract.ts";

/** Platform reference, sections 3, 8, 10 and 11: volumes by themselves. */
export function volumeContract(context: ContractContext): void {
  const create = async (request: object = {}) =>
    (await context.client.ok("CreateVolume", { SubregionName: `${context.target.region}a`, Size: 1, ...request }))
      .Volume;

  describe("volumes", () => {
    it("are creating, then available, then deleting, then gone", async () => {
      const created = await create();
      expect(created.State).toBe("creating");
      expect((await context.client.until("Volume", created.VolumeId, "available")).seen).toEqual([
        "creating",
        "available",
      ]);
      await context.client.ok("DeleteVolume", { VolumeId: created.VolumeId });
      expect((await context.client.until("Volume", created.VolumeId, "gone")).seen).toEqual(["deleting", "gone"]);
    });

    it("leave absent keys out: a new standard volume has no Iops, SnapshotId, ClientToken or TaskId", async () => {
      const { VolumeId } = await create();
      const { object } = await context.client.until("Volume", VolumeId, "available");
      expect(object).toEqual({
        VolumeId: expect.stringMatching(/^vol-[0-9a-f]{8}$/),
        State: "available",
        Size: 1,
        VolumeType: "standard",
        SubregionName: `${context.target.region}a`,
        CreationDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        LinkedVolumes: [],
        Tags: [],
      });
      await context.client.ok("DeleteVolume", { VolumeId });
    });

    it("are made once for one ClientToken", async () => {
      const ClientToken = `contract-${Date.now()}`;
      const [first, second] = [await create({ ClientToken }), await create({ ClientToken })];
      expect(second.VolumeId).toBe(first.VolumeId);
      const { Volumes } = await context.client.ok("ReadVolumes", { Filters: { ClientTokens: [ClientToken] } });
      expect(Volumes).toHaveLength(1);
      await context.client.until("Volume", first.VolumeId, "available");
      await context.client.ok("DeleteVolume", { VolumeId: first.VolumeId });
    });

    it.each([
      ["an unknown subregion", { SubregionName: "nowhere-1a" }, [400, "5009"]],
      ["an unknown snapshot", { SnapshotId: "snap-00000000" }, [400, "5054"]],
      ["too large a size", { Size: 14_902 }, [400, "4078"]],
      ["io1 without iops", { VolumeType: "io1", Size: 10 }, [400, "4029"]],
      ["more than 13000 iops", { VolumeType: "io1", Size: 100, Iops: 13_001 }, [400, "4029"]],
      ["more than 300 iops per GiB", { VolumeType: "io1", Size: 10, Iops: 3_001 }, [400, "4202"]],
    ])("refuse %s", async (_, request, refusal) => {
      const whole = { SubregionName: `${context.target.region}a`, Size: 1, ...request };
      expect(await context.client.refusal("CreateVolume", whole)).toEqual(refusal);
    });

    it("grow, but do not shrink; the answer to an update has the old values and a task", async () => {
      const { VolumeId } = await create({ Size: 2 });
      await context.client.until("Volume", VolumeId, "available");
      const { Volume } = await context.client.ok("UpdateVolume", { VolumeId, Size: 3 });
      expect(Volume).toMatchObject({ Size: 2, TaskId: expect.stringMatching(/^vol-update-[0-9a-f]{8}$/) });
      const tasks = async (Filters: object) =>
        (await context.client.ok("ReadVolumeUpdateTasks", { Filters })).VolumeUpdateTasks;
      const [begun] = await tasks({ TaskIds: [Volume.TaskId] });
      const shape = { VolumeType: "standard", Iops: null };
      const VolumeUpdate = { Origin: { ...shape, Size: 2 }, Target: { ...shape, Size: 3 } };
      expect(begun).toMatchObject({ TaskId: Volume.TaskId, VolumeId, VolumeUpdate });
      await expect.poll(async () => (await context.client.read("Volume", VolumeId)).Size).toBe(3);
      await expect.poll(async () => (await tasks({ VolumeIds: [VolumeId] }))[0]?.State).toBe("completed");
      expect((await tasks({ TaskIds: [Volume.TaskId] }))[0]).toMatchObject({
        Progress: 100,
        CompletionDate: expect.any(String),
      });
      expect(await tasks({ TaskIds: ["vol-update-00000000"] })).toEqual([]);
      const [status, code] = await context.client.refusal("UpdateVolume", { VolumeId, Size: 1 });
      expect([status, ["4078", "4125"].includes(code)]).toEqual([400, true]);
      await context.client.ok("DeleteVolume", { VolumeId });
    });

    it.each([
      ["UpdateVolume", { VolumeId: "vol-00000000", Size: 2 }],
      ["DeleteVolume", { VolumeId: "vol-00000000" }],
      ["UnlinkVolume", { VolumeId: "vol-00000000" }],
      ["CreateSnapshot", { VolumeId: "vol-00000000" }],
    ])("are not found by %s: 400 and 5064", async (action, request) => {
      expect(await context.client.refusal(action, request)).toEqual([400, "5064"]);
    });
  });
}
