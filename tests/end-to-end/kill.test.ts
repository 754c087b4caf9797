import { afterAll, beforeAll, expect, it } from "vitest";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import { type Bakery, type Leftovers, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import { bundleCrashingBuild, type CrashOptions, runKilledBuild } from "../support/bake/killed-build.ts";
import { writeSystem } from "../support/disks/loop-disk.ts";
import { importDisk, makeDisk } from "../support/disks/made-image.ts";
import { createWorkbench } from "../support/disks/workbench.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { sample } from "../support/suite/sample.ts";
import { SweepCount } from "../support/suite/sweep-count.ts";

const describe = requireRoot();
const SAMPLE = 12;
/** So many commands a build may have fewer than another. */
const RETRIES = 5;
const LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";

/** The product of a build that got as far as keeping it, and nothing besides. */
function expectProductOrNothing({ images, snapshots, ...rest }: Leftovers): void {
  const { images: _images, snapshots: _snapshots, ...noRest } = nothing;
  expect(rest).toEqual(noRest);
  expect(images.length).toBeLessThanOrEqual(1);
  expect(snapshots).toHaveLength(images.length);
}

describe("a build that is killed", () => {
  const count = new SweepCount("kills of one build");
  let bakery: Bakery;
  let bundle: string;
  beforeAll(async () => {
    bakery = await openBakery("kill-test");
    bundle = await bundleCrashingBuild(bakery.folder);
  });
  afterAll(async () => {
    count.print();
    await bakery.close();
  });

  const removeProducts = async () => {
    for (const image of (await bakery.leftovers()).images)
      await bakery.api.deleteImage({ ImageId: image.split(" ")[0] ?? "" });
    for (const SnapshotId of (await bakery.leftovers()).snapshots) await bakery.api.deleteSnapshot({ SnapshotId });
  };

  const sweep = async (
    config: RawConfig,
    crash: Partial<Pick<CrashOptions, "kinds" | "isEverythingSecret">> = {},
  ): Promise<void> => {
    await removeProducts();
    const points = Number(await runKilledBuild(bakery, bundle, { ...crash, point: 0, config }));
    expect(points).toBeGreaterThan(30);
    const all = Array.from({ length: points }, (_, index) => index + 1);
    for (const point of sample(all, SAMPLE)) {
      await removeProducts();
      await count.try(`point ${point}`, async () => {
        // How often it asks for a state varies: a late point may not come this time, and then there is a product.
        await runKilledBuild(bakery, bundle, { ...crash, point, config });
        await bakery.cleanUp();
        expectProductOrNothing(await bakery.leftovers());
      });
      await bakery.cloud.idle();
    }
    expect(count.broke).toEqual([]);
    await removeProducts();
  };

  it("leaves nothing after cleanup, wherever it was", () => sweep({ ...publicSource, omi_name: "killed" }));

  it("leaves nothing after cleanup with mounts that the host sees", () =>
    sweep({ ...publicSource, omi_name: "killed", isolation: "host", mount_path: `${bakery.folder}/mnt/{{.Device}}` }));

  it("leaves nothing after cleanup when every name, id, path, token and tag is a sensitive value", () =>
    sweep(
      { ...publicSource, omi_name: "killed", isolation: "host", mount_path: `${bakery.folder}/mnt/{{.Device}}` },
      { isEverythingSecret: true },
    ));

  it("leaves no mount that it made for a look, with mounts that the host sees", async () => {
    const bench = await createWorkbench("kill-looks");
    const table = `label: gpt\n 1: start=1M, size=60M, type=${LINUX}\n 2: size=60M, type=${LINUX}\n`;
    const fill = (folder: string) => writeSystem(folder, "");
    const parts = [{ number: 1, type: "ext4" } as const, { number: 2, type: "ext4", fill } as const];
    const device = await makeDisk(bench, { sizeMib: 128, table, parts });
    const source = await importDisk(bakery, bench, device, "two-candidates");
    const mount_path = `${bakery.folder}/mnt/{{.Device}}`;
    const { source_omi_filter: _, ...rest } = publicSource;
    const config = { ...rest, source_omi: source, omi_name: "looked", skip_create_omi: true };
    const crash = { config: { ...config, isolation: "host", mount_path }, kinds: ["command"] } as const;
    const points = Number(await runKilledBuild(bakery, bundle, { ...crash, point: 0 }));
    // Looking at two candidates comes first.
    const all = Array.from({ length: points }, (_unused, index) => index + 1);
    for (const point of sample(all, SAMPLE)) {
      await count.try(`look ${point}`, async () => {
        const outcome = await runKilledBuild(bakery, bundle, { ...crash, point });
        // An unmount that is busy is tried again, so the last commands may not come this time.
        if (point < points - RETRIES) expect(outcome).toBe("killed");
        await bakery.cleanUp();
        const { images: _images, snapshots: _snapshots, ...left } = await bakery.leftovers();
        expect(left).toEqual({ ...nothing, images: undefined, snapshots: undefined });
      });
    }
    expect(count.broke).toEqual([]);
    await bench.dispose();
    await removeProducts();
  });

  it.each([false, true])(
    "never loses the OMI that it was about to replace (everything sensitive: %s)",
    async (isEverythingSecret) => {
      const config = { ...publicSource, omi_name: "replaced", force_deregister: true };
      const withOld = async () => {
        await removeProducts();
        await bakery.bake({ ...publicSource, omi_name: "replaced" });
      };
      await withOld();
      const points = Number(await runKilledBuild(bakery, bundle, { point: 0, config, isEverythingSecret }));
      // What is at stake happens near the end.
      const late = Array.from({ length: 40 }, (_, index) => points - index).filter((point) => point > 0);
      for (const point of sample(late, SAMPLE)) {
        await withOld();
        await count.try(`replacement ${point}`, async () => {
          await runKilledBuild(bakery, bundle, { point, config, isEverythingSecret });
          await bakery.cleanUp();
          const { images, snapshots, ...rest } = await bakery.leftovers();
          const names = images.map((image) => image.split(" ")[1]);
          expect([names, rest.volumes, rest.journals]).toEqual([["replaced"], [], []]);
          // The old OMI's snapshot stays without force_delete_snapshot, also when the new one made it.
          expect(snapshots.length).toBeLessThanOrEqual(2);
        });
      }
      expect(count.broke).toEqual([]);
      await removeProducts();
    },
  );
});
