import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ContractContext } from "./cloud-contract.ts";

/** Platform reference, sections 8 and 12: filters, pages, tags, and what an account reads of itself. */
export function readContract(context: ContractContext): void {
  describe("reads", () => {
    const ids: string[] = [];
    const own = (Filters: object = {}) => ({ Filters: { TagValues: [`reads of ${ids[0]}`], ...Filters } });

    beforeAll(async () => {
      const request = { SubregionName: `${context.target.region}a`, Size: 1 };
      for (let count = 0; count < 3; count++)
        ids.push((await context.client.ok("CreateVolume", request)).Volume.VolumeId);
      for (const id of ids) await context.client.until("Volume", id, "available");
      await context.client.ok("CreateTags", {
        ResourceIds: ids,
        Tags: [{ Key: "contract", Value: `reads of ${ids[0]}` }],
      });
    });
    afterAll(async () => {
      for (const VolumeId of ids) await context.client.ok("DeleteVolume", { VolumeId });
    });

    it.each([
      ["ReadVolumes", "VolumeIds", "Volumes"],
      ["ReadVolumes", "SnapshotIds", "Volumes"],
      ["ReadSnapshots", "SnapshotIds", "Snapshots"],
      ["ReadImages", "ImageIds", "Images"],
      ["ReadTags", "ResourceIds", "Tags"],
      ["ReadVmsState", "VmIds", "VmStates"],
    ])(
      "%s answers ids in %s that are absent, of another kind or malformed with an empty list",
      async (action, key, list) => {
        for (const id of ["vol-00000000", "snap-00000000", "ami-00000000", "nonsense", "vol-1", ""]) {
          expect((await context.client.ok(action, { Filters: { [key]: [id] } }))[list]).toEqual([]);
        }
      },
    );

    it("refuse an id that cannot be a VM's in ReadVms alone: 4104 and 4105", async () => {
      const refusal = (id: string) => context.client.refusal("ReadVms", { Filters: { VmIds: [id] } });
      expect(await refusal("vol-00000000")).toEqual([400, "4104"]);
      expect(await refusal("i-xyz")).toEqual([400, "4105"]);
      expect((await context.client.ok("ReadVms", { Filters: { VmIds: ["i-00000000"] } })).Vms).toEqual([]);
    });

    it("take a null as an absent field, in filters and outside", async () => {
      const { client } = context;
      const filtered = { Filters: { AccountAliases: ["Outscale"], AccountIds: null }, NextPageToken: null };
      expect((await client.ok("ReadImages", filtered)).Images).not.toEqual([]);
      expect((await client.ok("ReadVolumes", { Filters: null })).Volumes.length).toBeGreaterThanOrEqual(ids.length);
    });

    it("join the values of a filter with or, and filters with and", async () => {
      const { Volumes } = await context.client.ok(
        "ReadVolumes",
        own({ VolumeIds: ids.slice(0, 2), VolumeSizes: [1, 5] }),
      );
      expect(Volumes.map(({ VolumeId }: { VolumeId: string }) => VolumeId)).toEqual(
        expect.arrayContaining(ids.slice(0, 2)),
      );
      expect(Volumes).toHaveLength(2);
      expect((await context.client.ok("ReadVolumes", own({ VolumeSizes: [2] }))).Volumes).toEqual([]);
    });

    it("give pages in the order of creation, with a token while more remain", async () => {
      const first = await context.client.ok("ReadVolumes", { ...own(), ResultsPerPage: 2 });
      expect(first.Volumes).toHaveLength(2);
      const second = await context.client.ok("ReadVolumes", {
        ...own(),
        ResultsPerPage: 2,
        NextPageToken: first.NextPageToken,
      });
      expect(second.Volumes).toHaveLength(1);
      expect(second).not.toHaveProperty("NextPageToken");
      const paged = [...first.Volumes, ...second.Volumes].map(({ VolumeId }: { VolumeId: string }) => VolumeId);
      expect([...paged].sort()).toEqual([...ids].sort());
      const bad = { ResultsPerPage: 2, NextPageToken: "bm9uc2Vuc2U=" };
      expect(await context.client.refusal("ReadVolumes", bad)).toEqual([400, "4117"]);
    });

    it("know tags: the same key is replaced, and only an exact value is removed", async () => {
      const [id = ""] = ids;
      const tag = (Value: string) => ({ ResourceIds: [id], Tags: [{ Key: "k", Value }] });
      await context.client.ok("CreateTags", tag("one"));
      await context.client.ok("CreateTags", tag("two"));
      await context.client.ok("DeleteTags", tag("one"));
      const { Tags } = await context.client.ok("ReadTags", { Filters: { ResourceIds: [id], Keys: ["k"] } });
      expect(Tags).toEqual([{ Key: "k", Value: "two", ResourceId: id, ResourceType: "volume" }]);
      expect(
        (await context.client.ok("ReadVolumes", { Filters: { Tags: ["k=two"], VolumeIds: [id] } })).Volumes,
      ).toHaveLength(1);
      await context.client.ok("DeleteTags", tag("two"));
    });

    it("show the account to itself: its id, its key without the secret, its quotas, its subregions", async () => {
      const { client, target } = context;
      const { Accounts } = await client.ok("ReadAccounts");
      expect(Accounts).toEqual([expect.objectContaining({ AccountId: expect.stringMatching(/^\d{12}$/) })]);
      const { AccessKeys } = await client.ok("ReadAccessKeys", {
        Filters: { AccessKeyIds: [client.caller.accessKey] },
      });
      expect(AccessKeys[0].CreationDate).toMatch(/\+0000$/);
      expect(JSON.stringify(AccessKeys)).not.toContain(client.caller.secretKey);
      const { QuotaTypes } = await client.ok("ReadQuotas", { Filters: { QuotaNames: ["snapshot_limit"] } });
      expect(QuotaTypes[0].Quotas[0]).toMatchObject({ Name: "snapshot_limit", QuotaCollection: "Storage" });
      const { Subregions } = await client.ok("ReadSubregions");
      expect(Subregions).toContainEqual(
        expect.objectContaining({ SubregionName: `${target.region}a`, State: "available" }),
      );
    });

    it("name the physical zones of eu-west-2, and the regions that are seen from there", async (test) => {
      test.skip(context.target.region !== "eu-west-2");
      const { Subregions } = await context.client.ok("ReadSubregions");
      const zones = Subregions.map(({ LocationCode }: { LocationCode: string }) => LocationCode);
      expect([...zones].sort()).toEqual(["PAR1", "PAR4", "PAR7"]);
      expect((await context.client.ok("ReadRegions")).Regions).toHaveLength(3);
    });

    it("show the VM as running, with its root volume", async () => {
      const { client, target } = context;
      const Filters = { VmIds: [target.vmId] };
      const [vm] = (await client.ok("ReadVms", { Filters })).Vms;
      expect(vm).toMatchObject({ State: "running", RootDeviceName: "/dev/sda1", RootDeviceType: "ebs" });
      expect(vm).toMatchObject({
        ActionsOnNextBoot: { SecureBoot: expect.any(String) },
        TpmEnabled: expect.any(Boolean),
      });
      expect(vm.UserData).toEqual(expect.any(String));
      expect(vm.BlockDeviceMappings[0].DeviceName).toBe("/dev/sda1");
      expect((await client.ok("ReadVmsState", { Filters })).VmStates[0]).toMatchObject({ VmState: "running" });
    });
  });
}
