import { afterAll, beforeAll, expect, it } from "vitest";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import { type Bakery, type Leftovers, nothing, openBakery, publicSource } from "../support/bake.ts";
import { bundleCrashingBuild, runKilledBuild } from "../support/killed-build.ts";
import { requireRoot } from "../support/requirements.ts";
import { isWholeSweep, sample } from "../support/sample.ts";

const describe = requireRoot();
const SAMPLE = 12;

/** The product of a build that got as far as keeping it, and nothing besides. */
function isProductOrNothing({ images, snapshots, ...rest }: Leftovers): boolean {
  const { images: _images, snapshots: _snapshots, ...noRest } = nothing;
  expect(rest).toEqual(noRest);
  return (images.length === 0 && snapshots.length === 0) || (images.length === 1 && snapshots.length === 1);
}

describe("a build that is killed", () => {
  let bakery: Bakery;
  let bundle: string;
  beforeAll(async () => {
    bakery = await openBakery("kill-test");
    bundle = await bundleCrashingBuild(bakery.folder);
  });
  afterAll(() => bakery.close());

  const removeProducts = async () => {
    for (const image of (await bakery.leftovers()).images)
      await bakery.api.deleteImage({ ImageId: image.split(" ")[0] ?? "" });
    for (const SnapshotId of (await bakery.leftovers()).snapshots) await bakery.api.deleteSnapshot({ SnapshotId });
  };

  const sweep = async (config: RawConfig, setUp: () => Promise<void> = removeProducts) => {
    await setUp();
    const points = Number(await runKilledBuild(bakery, bundle, { point: 0, config }));
    expect(points).toBeGreaterThan(30);
    const all = Array.from({ length: points }, (_, index) => index + 1);
    const failures: string[] = [];
    for (const point of sample(all, SAMPLE)) {
      await setUp();
      // How often it asks for a state varies: a late point may not come this time, and then there is a product.
      await runKilledBuild(bakery, bundle, { point, config });
      await bakery.cleanUp();
      const leftovers = await bakery.leftovers();
      try {
        if (!isProductOrNothing(leftovers)) failures.push(`point ${point}: ${JSON.stringify(leftovers)}`);
      } catch (error) {
        failures.push(`point ${point}: ${String(error)}`);
      }
      await bakery.cloud.idle();
    }
    expect(failures).toEqual([]);
    await removeProducts();
  };

  it(
    "leaves nothing after cleanup, wherever it was",
    () => sweep({ ...publicSource, omi_name: "killed" }),
    isWholeSweep ? 3_600_000 : 300_000,
  );

  it(
    "leaves nothing after cleanup with mounts that the host sees",
    () =>
      sweep({ ...publicSource, omi_name: "killed", isolation: "host", mount_path: `${bakery.folder}/mnt/{{.Device}}` }),
    isWholeSweep ? 3_600_000 : 300_000,
  );

  it(
    "never loses the OMI that it was about to replace",
    async () => {
      const config = { ...publicSource, omi_name: "replaced", force_deregister: true };
      const withOld = async () => {
        await removeProducts();
        await bakery.bake({ ...publicSource, omi_name: "replaced" });
      };
      await withOld();
      const points = Number(await runKilledBuild(bakery, bundle, { point: 0, config }));
      // What is at stake happens near the end.
      const late = Array.from({ length: 40 }, (_, index) => points - index).filter((point) => point > 0);
      for (const point of sample(late, SAMPLE)) {
        await withOld();
        await runKilledBuild(bakery, bundle, { point, config });
        await bakery.cleanUp();
        const { images, snapshots, ...rest } = await bakery.leftovers();
        expect([point, images.map((image) => image.split(" ")[1]), rest.volumes, rest.journals]).toEqual([
          point,
          ["replaced"],
          [],
          [],
        ]);
        // The old OMI's snapshot stays without force_delete_snapshot, also when the new one made it.
        expect(snapshots.length).toBeLessThanOrEqual(2);
      }
      await removeProducts();
    },
    isWholeSweep ? 3_600_000 : 300_000,
  );
});
