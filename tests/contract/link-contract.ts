import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ContractContext } from "./cloud-contract.ts";

/** Platform reference, sections 3, 9 and 10: volumes and the VM. */
export function linkContract(context: ContractContext): void {
  describe("links", () => {
    let VolumeId = "";
    const link = (request: object = {}) => ({
      VmId: context.target.vmId,
      VolumeId,
      DeviceName: "/dev/xvdm",
      ...request,
    });

    beforeAll(async () => {
      const request = { SubregionName: `${context.target.region}a`, Size: 1 };
      VolumeId = (await context.client.ok("CreateVolume", request)).Volume.VolumeId;
      await context.client.until("Volume", VolumeId, "available");
    });
    afterAll(async () => void (await context.client.ok("DeleteVolume", { VolumeId })));

    it("look for the VM before the volume", async () => {
      const unknown = link({ VmId: "i-00000000", VolumeId: "vol-00000000" });
      expect(await context.client.refusal("LinkVolume", unknown)).toEqual([400, "5063"]);
      expect(await context.client.refusal("LinkVolume", link({ VolumeId: "vol-00000000" }))).toEqual([400, "5064"]);
    });

    it.each(["/dev/vdb", "/dev/xvda", "xvdb", "/dev/sdb1", "/dev/xvdabc"])(
      "refuse the device name %s: 400 and 4019",
      async (DeviceName) => {
        expect(await context.client.refusal("LinkVolume", link({ DeviceName }))).toEqual([400, "4019"]);
      },
    );

    it("refuse to unlink a volume that is not linked: 409", async () => {
      expect((await context.client.refusal("UnlinkVolume", { VolumeId }))[0]).toBe(409);
    });

    it("go through in-use and attached to available and an empty LinkedVolumes", async () => {
      expect(Object.keys(await context.client.ok("LinkVolume", link()))).toEqual(["ResponseContext"]);
      const { object } = await context.client.until("Volume", VolumeId, "in-use/attached");
      const expected = {
        DeleteOnVmDeletion: false,
        DeviceName: "/dev/xvdm",
        State: "attached",
        VmId: context.target.vmId,
        VolumeId,
      };
      expect(object.LinkedVolumes).toEqual([expected]);
      await expectMapping();
      await expectRefusals();
      await context.client.ok("UnlinkVolume", { VolumeId });
      expect((await context.client.until("Volume", VolumeId, "available")).object.LinkedVolumes).toEqual([]);
    });

    async function expectMapping(): Promise<void> {
      const [vm] = (await context.client.ok("ReadVms", { Filters: { VmIds: [context.target.vmId] } })).Vms;
      const Bsu = { VolumeId, State: "attached", DeleteOnVmDeletion: false, LinkDate: expect.any(String) };
      expect(vm.BlockDeviceMappings).toContainEqual({ DeviceName: "/dev/xvdm", Bsu });
    }

    async function expectRefusals(): Promise<void> {
      expect((await context.client.refusal("DeleteVolume", { VolumeId }))[0]).toBe(409);
      expect((await context.client.refusal("LinkVolume", link({ DeviceName: "/dev/xvdn" })))[0]).toBeGreaterThanOrEqual(
        400,
      );
    }
  });
}
