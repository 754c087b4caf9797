import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { AuthError, ConfigError } from "../../src/common/errors.ts";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import { plan, validate } from "../../src/index.ts";
import { RecordedCalls } from "../support/bake/recorded-calls.ts";
import { farConfig, RegionBench } from "../support/bake/region-bench.ts";
import { censusOf } from "../support/bake/region-census.ts";
import { storageOf } from "../support/local-cloud/storage-of.ts";
import { requireRoot } from "../support/suite/requirements.ts";

const describe = requireRoot();

describe("a build for other regions that cannot be", () => {
  let bench: RegionBench;
  beforeAll(async () => {
    bench = await RegionBench.open("regions-refusals-test");
  });
  afterAll(() => bench[Symbol.asyncDispose]());
  beforeEach(() => bench.count());
  afterEach(() => bench.clear());

  describe("refuses before anything is made", () => {
    const refused = async (options: RawConfig, env?: NodeJS.ProcessEnv) => {
      const calls = new RecordedCalls(bench.bakery);
      const baking = bench.bakery.bake({ ...farConfig, ...options }, env ? { env } : {});
      const error: unknown = await baking.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(calls.actions.filter((action) => /^(Create|Link|Put)/.test(action) && action !== "PutObject")).toEqual([]);
      expect(await censusOf(bench.bakery.cloud)).toEqual(bench.before);
      return error;
    };

    it.each<[string, RawConfig, RegExp]>([
      [
        "a region that there is not",
        { omi_regions: ["us-east-9"], region_profiles: { "us-east-9": "us-east-2" } },
        /us-east-9/,
      ],
      ["no bucket", { region_copy: { bucket: "nobodys" } }, /There is no bucket "nobodys" in eu-west-2/],
      [
        "no credentials",
        { omi_regions: ["us-east-2", "ap-northeast-1", "us-east-9"] },
        /no credentials for ap-northeast-1.*no credentials for us-east-9/,
      ],
      [
        "product codes that disks do not carry",
        { product_codes: ["0007"], region_copy: { bucket: "acme", method: "snapshots" } },
        /product code 0007/,
      ],
    ])("%s", async (_what, options, message) => {
      expect(String(await refused(options))).toMatch(message);
    });

    it("another account's bucket", async () => {
      await using storage = storageOf({ ...bench.home.account("other"), endpoint: bench.home.endpoint });
      await storage.createBucket("theirs");
      await bench.count();
      expect(String(await refused({ region_copy: { bucket: "theirs" } }))).toMatch(/may not use the bucket "theirs"/);
      await storage.deleteBucket("theirs");
    });

    it("credentials that are not taken", async () => {
      const env = {
        ...bench.bakery.env,
        OSC_ACCESS_KEY_US_EAST_2: "WRONGWRONGWRONGWRONG",
        OSC_SECRET_KEY_US_EAST_2: "x".repeat(40),
        OSC_ENDPOINT_API_US_EAST_2: bench.east.endpoint,
      };
      const error = await refused({}, env);
      expect(error).toBeInstanceOf(AuthError);
      expect(String(error)).toMatch(/credentials for us-east-2, which come from the environment, are refused/);
      expect(error).toMatchObject({ step: "StepCheckRegions" });
    });

    it("a region that the service does not know, unless it is to be taken", async () => {
      const env = {
        ...bench.bakery.env,
        OSC_ACCESS_KEY_MOON_1: "A".repeat(20),
        OSC_SECRET_KEY_MOON_1: "B".repeat(40),
        OSC_ENDPOINT_API_MOON_1: "http://127.0.0.1:1",
      };
      const error = await refused({ omi_regions: ["moon-1"] }, env);
      expect(String(error)).toMatch(
        /omi_regions: has "moon-1", which the service does not know \(known are eu-west-2, us-east-2, us-west-1/,
      );
    });

    it("a name that is taken there, and what else is wrong", async () => {
      const { BlockDeviceMappings } = await bench.seeded(bench.east);
      await bench.eastApi.createImage({ ImageName: "far", BlockDeviceMappings });
      await bench.count();
      const error = await refused({ region_copy: { bucket: "nobodys" } });
      expect(error).toBeInstanceOf(ConfigError);
      expect(String(error)).toMatch(/no bucket "nobodys"[\s\S]*already has an OMI named "far" in us-east-2/);
    });
  });

  it("is asked about before, by validate and plan, and nothing is changed for that", async () => {
    const template = join(bench.bakery.folder, "far.pkr.hcl");
    const write = (bucket: string) =>
      writeFile(
        template,
        `source "outscale-chroot" "far" {
  omi_name = "far"
  source_omi_filter {
    filters     = { image-name = "Debian-12-*" }
    owners      = ["Outscale"]
    most_recent = true
  }
  omi_regions = ["us-east-2"]
  region_copy {
    bucket = "${bucket}"
  }
}
build {
  sources = ["outscale-chroot.far"]
}
`,
      );
    const ask = () => validate({ template, env: bench.bakery.env, checkAccount: true });
    await write("acme");
    expect(await ask()).toMatchObject({ warnings: [] });
    const { plans } = await plan({ template, env: bench.bakery.env, online: true });
    expect(plans[0]?.toBeRead).toEqual([]);
    await write("nobodys");
    await expect(ask()).rejects.toThrow('There is no bucket "nobodys" in eu-west-2');
    await write("acme");
    const { BlockDeviceMappings } = await bench.seeded(bench.east);
    await bench.eastApi.createImage({ ImageName: "far", BlockDeviceMappings });
    await bench.count();
    await expect(ask()).rejects.toThrow(
      /omi_regions: the account \d+ already has an OMI named "far" in us-east-2.*force_deregister = true/,
    );
    await write("nobodys");
    await expect(ask()).rejects.toThrow(
      /region_copy: There is no bucket "nobodys"[\s\S]*already has an OMI named "far"/,
    );
    expect(await censusOf(bench.bakery.cloud)).toEqual(bench.before);
  });
});
