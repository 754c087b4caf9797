import { afterAll, beforeAll, expect, it } from "vitest";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import type { LocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { type Bakery, openBakery, publicSource } from "../support/bake/bake.ts";
import { bundleCrashingBuild, runKilledBuild } from "../support/bake/killed-build.ts";
import { apiOf, type Census, censusOf } from "../support/bake/region-census.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { sample } from "../support/suite/sample.ts";
import { SweepCount } from "../support/suite/sweep-count.ts";

const describe = requireRoot();
const SAMPLE = 10;
const here: RawConfig = { ...publicSource, omi_name: "far", tags: { Name: "far" } };
const there: RawConfig = {
  ...here,
  ...{ omi_regions: ["us-east-2"], region_copy: { bucket: "acme", create_bucket: true } },
};

describe("a build that is killed while it copies", () => {
  const count = new SweepCount("kills while an OMI is copied to another region");
  let bakery: Bakery;
  let bundle: string;
  beforeAll(async () => {
    bakery = await openBakery("regions-kill-test", { regions: ["eu-west-2", "us-east-2"] });
    bundle = await bundleCrashingBuild(bakery.folder);
  });
  afterAll(async () => {
    count.print();
    await bakery.close();
  });

  const clear = async (cloud: LocalCloud) => {
    await using api = apiOf(cloud);
    const AccountIds = [cloud.account("builder").id];
    const { Images } = await api.readImages({ Filters: { AccountIds } });
    for (const { ImageId } of Images) await api.deleteImage({ ImageId });
    await cloud.idle();
    const { Snapshots } = await api.readSnapshots({ Filters: { AccountIds } });
    for (const { SnapshotId } of Snapshots) await api.deleteSnapshot({ SnapshotId });
    await cloud.idle();
  };
  const clearAll = async () => {
    for (const region of bakery.cloud.regions) await clear(region);
  };

  /** The OMI is at home or not, and its copy is whole or not there; nothing besides. */
  const expectWholeOrNothing = (after: Readonly<Record<string, Census>>, before: Readonly<Record<string, Census>>) => {
    const more = Object.fromEntries(
      Object.entries(after).map(([region, { images, snapshots, ...rest }]) => {
        const was = before[region];
        expect(rest).toEqual({ volumes: was?.volumes, buckets: was?.buckets, objects: was?.objects });
        expect(snapshots - (was?.snapshots ?? 0)).toBe(images - (was?.images ?? 0));
        return [region, images - (was?.images ?? 0)];
      }),
    );
    expect(more["eu-west-2"]).toBeLessThanOrEqual(1);
    expect(more["us-east-2"]).toBeLessThanOrEqual(more["eu-west-2"] ?? 0);
  };

  const sweep = async (config: RawConfig, prepare: () => Promise<void>) => {
    await clearAll();
    // What comes before the copies is killed elsewhere.
    const without = Number(await runKilledBuild(bakery, bundle, { point: 0, config: here }));
    await clearAll();
    await prepare();
    const points = Number(await runKilledBuild(bakery, bundle, { point: 0, config }));
    expect(points).toBeGreaterThan(without + 20);
    const late = Array.from({ length: points - without }, (_, index) => without + 1 + index);
    for (const point of sample(late, SAMPLE)) {
      await clearAll();
      const before = await censusOf(bakery.cloud);
      await prepare();
      await count.try(`point ${point}`, async () => {
        // How often it asks for a state varies: a late point may not come this time, and then there is all.
        await runKilledBuild(bakery, bundle, { point, config });
        await bakery.cleanUp();
        expect((await bakery.leftovers()).journals).toEqual([]);
        expectWholeOrNothing(await censusOf(bakery.cloud), before);
      });
    }
    expect(count.broke).toEqual([]);
    await clearAll();
  };

  it("leaves the OMI and its copy, each whole or not at all, once it was cleaned up", () =>
    sweep(there, async () => undefined));

  it("never loses the OMI that the copy was about to replace", async () => {
    const [, east] = bakery.cloud.regions as [LocalCloud, LocalCloud];
    await using api = apiOf(east);
    const withOld = async () => {
      const { Images } = await api.readImages({ Filters: { AccountAliases: ["Outscale"] } });
      const SourceImageId = Images[0]?.ImageId ?? "";
      await api.createImage({ SourceImageId, SourceRegionName: "us-east-2", ImageName: "far" });
      await east.idle();
    };
    const config = { ...there, force_deregister: true };
    await clearAll();
    const without = Number(
      await runKilledBuild(bakery, bundle, { point: 0, config: { ...here, force_deregister: true } }),
    );
    await clearAll();
    await withOld();
    const points = Number(await runKilledBuild(bakery, bundle, { point: 0, config }));
    const late = Array.from({ length: points - without }, (_, index) => without + 1 + index);
    for (const point of sample(late, SAMPLE)) {
      await clearAll();
      await withOld();
      await count.try(`replacement ${point}`, async () => {
        await runKilledBuild(bakery, bundle, { point, config });
        await bakery.cleanUp();
        await east.idle();
        const { Images } = await api.readImages({ Filters: { AccountIds: [east.account("builder").id] } });
        expect(Images.map(({ ImageName, State }) => `${ImageName} ${State}`)).toEqual(["far available"]);
        expect((await bakery.leftovers()).journals).toEqual([]);
      });
    }
    expect(count.broke).toEqual([]);
  });
});
