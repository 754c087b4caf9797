import { expect } from "vitest";
import { apiOf } from "../bake/region-census.ts";
import type { OptionProof } from "./proof-bench.ts";

/** Where else the OMI is published. The cloud of the proofs has a region besides. */
export const regionProofs: readonly OptionProof[] = [
  {
    options: ["omi_regions", "region_copy", "region_copy.bucket", "region_copy.prefix", "region_copy.create_bucket"],
    shows: "the OMI is exported to the bucket, below the prefix, and is in the other region",
    prove: async (bench) => {
      const region_copy = { bucket: "proof", prefix: "a/b", create_bucket: true };
      expect(bench.refusal({ omi_regions: ["us-east-2"] })).toMatch(/region_copy.bucket: is required/);
      const missing = await bench.bakeInVain({ omi_regions: ["us-east-2"], region_copy: { bucket: "proof" } });
      expect(missing.error.message).toMatch(/There is no bucket "proof"/);
      const { calls, artifact } = await bench.bake({ omi_regions: ["us-east-2"], region_copy });
      expect(artifact?.copies.map(({ region }) => region)).toEqual(["us-east-2"]);
      const OsuPrefix = expect.stringMatching(/^a\/b\/[0-9a-f]{12}$/);
      expect(calls.of("CreateImageExportTask")).toMatchObject([{ OsuExport: { OsuBucket: "proof", OsuPrefix } }]);
    },
  },
  {
    options: ["region_copy.method", "region_copy.keep_objects"],
    shows: "disks are exported alone; objects stay or go",
    prove: async (bench) => {
      const objects = async (keep_objects: boolean) => {
        const region_copy = { bucket: "proof", create_bucket: true, method: "snapshots", keep_objects };
        const { calls } = await bench.bake({ omi_regions: ["us-east-2"], region_copy });
        expect(calls.of("CreateSnapshotExportTask")).toHaveLength(1);
        return bench.bakery.cloud.status().objects;
      };
      expect(await objects(false)).toBe(0);
      expect(await objects(true)).toBe(1);
    },
  },
  {
    options: ["region_profiles"],
    shows: "the profile's credentials are used in its region",
    prove: async (bench) => {
      const region_copy = { bucket: "proof", create_bucket: true };
      const options = { omi_regions: ["us-east-2"], region_copy };
      const { error } = await bench.bakeInVain({ ...options, region_profiles: { "us-east-2": "eu-west-2" } });
      expect(error.message).toMatch(/The profile "eu-west-2" is of eu-west-2, and not of us-east-2/);
      const { artifact } = await bench.bake({ ...options, region_profiles: { "us-east-2": "us-east-2" } });
      const [, east] = bench.bakery.cloud.regions;
      if (east === undefined) throw new Error("The cloud of the proofs has one region");
      await using api = apiOf(east);
      expect(artifact?.copies[0]?.accountId).toBe((await api.readAccounts({})).Accounts[0]?.AccountId);
    },
  },
  {
    options: ["skip_region_validation"],
    shows: "a region that nobody knows is refused without it",
    prove: async (bench) => {
      expect(bench.refusal({ region: "moon-1" })).toMatch(/region: is not a region that is known/);
      expect(bench.refusal({ region: "moon-1", skip_region_validation: true })).toBe("");
      const [, east] = bench.bakery.cloud.regions;
      const { accessKey = "", secretKey = "" } = east?.account("builder") ?? {};
      const keys = { OSC_ACCESS_KEY_MOON_1: accessKey, OSC_SECRET_KEY_MOON_1: secretKey };
      const env = { ...bench.bakery.env, ...keys, OSC_ENDPOINT_API_MOON_1: east?.endpoint };
      const options = { omi_regions: ["moon-1"], region_copy: { bucket: "proof", create_bucket: true } };
      const { error } = await bench.bakeInVain(options, { env });
      expect(error.message).toMatch(/omi_regions: has "moon-1", which the service does not know/);
      const { artifact } = await bench.bake({ ...options, skip_region_validation: true }, { env });
      expect(artifact?.copies).toHaveLength(1);
    },
  },
];
