import { expect } from "vitest";
import type { OptionProof } from "./proof-bench.ts";

const [FIRST, SECOND] = ["111111111111", "222222222222"];

/** The OMI that comes out, and who may use it. */
export const omiProofs: readonly OptionProof[] = [
  {
    options: ["omi_name", "omi_description", "omi_boot_modes", "product_codes", "omi_product_codes"],
    shows: "the OMI is registered with them",
    prove: async (bench) => {
      const { calls } = await bench.bake({
        ...{ omi_name: "{{.SourceOMIName}}-next", omi_description: "Of {{.SourceOMI}}", omi_boot_modes: ["uefi"] },
        ...{ product_codes: ["0007"], omi_product_codes: ["0008"] },
      });
      expect(calls.of("CreateImage")).toMatchObject([
        {
          ...{ ImageName: "base-next", Description: `Of ${bench.base.ImageId}`, BootModes: ["uefi"] },
          ProductCodes: ["0007", "0008"],
        },
      ]);
    },
  },
  {
    options: ["omi_virtualization_type"],
    shows: "hvm changes nothing, paravirtual is refused",
    prove: async (bench) => {
      expect(bench.refusal({ omi_virtualization_type: "hvm" })).toBe("");
      expect(bench.refusal({ omi_virtualization_type: "paravirtual" })).toMatch(/the service only runs "hvm"/);
    },
  },
  {
    options: ["omi_account_ids", "snapshot_account_ids"],
    shows: "each is a permission of its own",
    prove: async (bench) => {
      const { image, snapshot } = await bench.bake({ omi_account_ids: [FIRST], snapshot_account_ids: [SECOND] });
      expect(image?.PermissionsToLaunch).toEqual({ AccountIds: [FIRST], GlobalPermission: false });
      expect(snapshot?.PermissionsToCreateVolume).toEqual({ AccountIds: [SECOND], GlobalPermission: false });
    },
  },
  {
    options: ["omi_groups", "snapshot_groups"],
    shows: "OMI and snapshot are public",
    prove: async (bench) => {
      const { image, snapshot } = await bench.bake({ omi_groups: ["all"], snapshot_groups: ["all"] });
      expect(image?.PermissionsToLaunch?.GlobalPermission).toBe(true);
      expect(snapshot?.PermissionsToCreateVolume?.GlobalPermission).toBe(true);
    },
  },
  {
    options: ["global_permission"],
    shows: "the OMI is public, its snapshot is not",
    prove: async (bench) => {
      const { image, snapshot } = await bench.bake({ global_permission: true });
      expect(image?.PermissionsToLaunch?.GlobalPermission).toBe(true);
      expect(snapshot?.PermissionsToCreateVolume?.GlobalPermission).toBe(false);
    },
  },
  {
    options: [
      ...["tags", "tag", "tag.key", "tag.value", "snapshot_description"],
      ...["snapshot_tags", "snapshot_tag", "snapshot_tag.key", "snapshot_tag.value"],
    ],
    shows: "OMI and snapshot carry them",
    prove: async (bench) => {
      const { image, snapshot } = await bench.bake({
        ...{ tags: { A: "1" }, tag: [{ key: "B", value: "{{.SourceOMIName}}" }] },
        ...{ snapshot_tags: { C: "3" }, snapshot_tag: [{ key: "B", value: "4" }] },
        snapshot_description: "Root of {{.SourceOMIName}}",
      });
      const tags = (tagged: typeof image | typeof snapshot) => tagged?.Tags.map(({ Key, Value }) => `${Key}=${Value}`);
      expect(tags(image)?.toSorted()).toEqual(["A=1", "B=base"]);
      expect(tags(snapshot)?.toSorted()).toEqual(["A=1", "B=4", "C=3"]);
      expect(snapshot?.Description).toBe("Root of base");
    },
  },
  {
    options: ["force_deregister", "force_delete_snapshot", "packer_force"],
    shows: "a taken name is an error, or is replaced, with the old snapshot or without",
    prove: async (bench) => {
      const old = await bench.own.register({ ImageName: "proof" });
      const { error } = await bench.bakeInVain({});
      expect(error.message).toMatch(/already has an OMI named "proof"/);
      const forced = await bench.bakery.bake(bench.config({ force_deregister: true }));
      const oldSnapshot = old.BlockDeviceMappings[0]?.Bsu?.SnapshotId ?? "";
      const read = () => bench.own.api.readSnapshots({ Filters: { SnapshotIds: [oldSnapshot] } });
      expect((await read()).Snapshots).toHaveLength(1);
      const { calls } = await bench.bake({ packer_force: true, force_delete_snapshot: true });
      expect(calls.of("DeleteSnapshot")[0]?.SnapshotId).toBe(forced.artifact?.product.snapshotIds[0]);
    },
  },
  {
    options: ["skip_create_omi"],
    shows: "neither snapshot nor OMI is made",
    prove: async (bench) => {
      const { calls, artifact } = await bench.bake({ skip_create_omi: true });
      expect(artifact).toBeUndefined();
      expect(calls.actions).toContain("CreateVolume");
      expect(calls.actions.filter((action) => /^Create(Snapshot|Image)$/.test(action))).toEqual([]);
    },
  },
];
