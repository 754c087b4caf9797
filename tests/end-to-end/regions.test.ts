import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import { exportLocalImage } from "../../src/local-cloud/administer-cloud.ts";
import { regionFolder } from "../../src/local-cloud/folder/region-folders.ts";
import type { Image } from "../../src/outscale/oapi.ts";
import { publicSource } from "../support/bake/bake.ts";
import { dataOn, rootOn } from "../support/bake/image-owner.ts";
import { farConfig, RegionBench } from "../support/bake/region-bench.ts";
import { censusOf } from "../support/bake/region-census.ts";
import { storageOf } from "../support/local-cloud/storage-of.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requireRoot();

describe("a build for other regions", () => {
  let bench: RegionBench;
  beforeAll(async () => {
    bench = await RegionBench.open("regions-test");
  });
  afterAll(() => bench[Symbol.asyncDispose]());
  beforeEach(() => bench.count());
  afterEach(() => bench.clear());

  async function digestOf(folder: string, image: string): Promise<string> {
    const disk = join(bench.bakery.folder, `${image}.raw`);
    await exportLocalImage(folder, { image, disk, format: "raw" });
    return createHash("sha256")
      .update(await readFile(disk))
      .digest("hex");
  }

  it("has the same OMI in each of them, with all that it is at home", async () => {
    const root = await bench.own.snapshot();
    const mappings = [rootOn(root), dataOn("/dev/xvdb", await bench.own.snapshot())];
    const base = await bench.own.register({ ImageName: "base", BlockDeviceMappings: mappings });
    await bench.count();
    const { source_omi_filter: _, ...rest } = farConfig;
    const { artifact, events } = await bench.bakery.bake({
      ...{ ...rest, source_omi: base.ImageId, omi_description: "Of {{.SourceOMIName}}" },
      ...{ omi_boot_modes: ["uefi"], product_codes: ["0001"], tags: { Stage: "{{.BuildRegion}}" } },
      ...{ snapshot_tags: { Keep: "yes" }, omi_account_ids: ["123456789012"], snapshot_groups: ["all"] },
    });
    if (artifact) bench.artifacts.push(artifact);
    const [first, second] = artifact?.copies ?? [];
    expect(artifact?.id).toBe(
      `eu-west-2:${artifact?.product.imageId},us-east-2:${first?.imageId},us-west-1:${second?.imageId}`,
    );
    const made = await bench.readIn(bench.home, artifact?.product.imageId);
    const lasting = ({
      ImageName,
      Description,
      Architecture,
      BootModes,
      ProductCodes,
      Tags,
      PermissionsToLaunch,
    }: Image) => ({
      ...{ ImageName, Description, Architecture, BootModes, ProductCodes, Tags, PermissionsToLaunch },
    });
    for (const [cloud, copy] of [
      [bench.east, first],
      [bench.west, second],
    ] as const) {
      const { image, snapshots } = await bench.readIn(cloud, copy?.imageId);
      expect(image && lasting(image)).toEqual(made.image && lasting(made.image));
      expect(snapshots.map(({ SnapshotId }) => SnapshotId).toSorted()).toEqual([...(copy?.snapshotIds ?? [])].sort());
      const [disk, data] =
        image?.BlockDeviceMappings.map(({ Bsu }) => snapshots.find((one) => one.SnapshotId === Bsu?.SnapshotId)) ?? [];
      expect(disk?.Tags.map(({ Key, Value }) => `${Key}=${Value}`).toSorted()).toEqual(["Keep=yes", "Stage=eu-west-2"]);
      expect([disk, data].map((one) => one?.PermissionsToCreateVolume?.GlobalPermission)).toEqual([true, false]);
    }
    const steps = events.flatMap((event) => (event.type === "step-started" ? [event] : []));
    expect(steps.at(-1)).toMatchObject({ step: "StepCopyRegions", number: steps.at(-1)?.count });
    expect(steps.map(({ step }) => step)).toContain("StepCheckRegions");
    const folder = join(bench.bakery.folder, "cloud");
    const atHome = await digestOf(folder, artifact?.product.imageId ?? "");
    expect(await digestOf(regionFolder(folder, "us-east-2"), first?.imageId ?? "")).toBe(atHome);
    const after = await censusOf(bench.bakery.cloud);
    expect(after["us-east-2"]).toEqual({
      ...bench.before["us-east-2"],
      images: 1 + (bench.before["us-east-2"]?.images ?? 0),
      snapshots: 2 + (bench.before["us-east-2"]?.snapshots ?? 0),
    });
    expect(after["eu-west-2"]).toMatchObject({ buckets: 1, objects: 0 });
    // The data snapshot at home is its source's.
    bench.artifacts.splice(0);
    await artifact?.destroy();
    expect(await censusOf(bench.bakery.cloud)).toEqual(bench.before);
  });

  it("is destroyed with what it has made, but for what others have made of that meanwhile", async () => {
    const data = await bench.own.snapshot();
    const mappings = [rootOn(await bench.own.snapshot()), dataOn("/dev/xvdb", data)];
    const base = await bench.own.register({ ImageName: "base", BlockDeviceMappings: mappings });
    const { source_omi_filter: _, ...rest } = publicSource;
    const { artifact } = await bench.bakery.bake({ ...rest, source_omi: base.ImageId, omi_name: "near" });
    const { snapshotIds = [] } = artifact?.product ?? {};
    const [root = ""] = snapshotIds.filter((id) => id !== data);
    const heir = await bench.own.register({ ImageName: "heir", BlockDeviceMappings: [rootOn(root)] });
    // Nobody maps it by then, and still it was not the build that has made it.
    await bench.own.api.deleteImage({ ImageId: base.ImageId });
    await bench.home.idle();
    await artifact?.destroy();
    await bench.home.idle();
    const { Snapshots } = await bench.own.api.readSnapshots({ Filters: { SnapshotIds: [...snapshotIds] } });
    expect(Snapshots.map(({ SnapshotId }) => SnapshotId).toSorted()).toEqual([data, root].toSorted());
    const { Images } = await bench.own.api.readImages({ Filters: { AccountIds: [bench.own.accountId] } });
    expect(Images.map(({ ImageId }) => ImageId)).toEqual([heir.ImageId]);
  });

  it.each(["image", "snapshots"])(
    "leaves the objects where they are to stay (%s), and a bucket that it has made",
    async (method) => {
      const region_copy = {
        bucket: `made-for-${method}`,
        prefix: "deep/er",
        create_bucket: true,
        keep_objects: true,
        method,
      };
      const { artifact } = await bench.bake({ region_copy, omi_regions: ["us-east-2"] });
      expect(artifact?.copies).toHaveLength(1);
      await using storage = storageOf({ ...bench.home.account("builder"), endpoint: bench.home.endpoint });
      const keys: string[] = [];
      for await (const { key } of storage.list(region_copy.bucket)) keys.push(key);
      expect(keys).toHaveLength(method === "image" ? 2 : 1);
      for (const key of keys) expect(key).toMatch(/^deep\/er\/[0-9a-f]{12}\//);
      await storage.deleteMany(region_copy.bucket, keys);
      await storage.deleteBucket(region_copy.bucket);
    },
  );

  it("has a copy that can be built from, and passes the boot check as at home", async () => {
    const { artifact } = await bench.bake({ omi_regions: ["us-east-2"], boot_check: "warn" });
    const [copy] = artifact?.copies ?? [];
    const env = { ...bench.bakery.env, ...bench.east.environment };
    const { source_omi_filter: _, omi_regions: _regions, region_copy: _copy, ...rest } = farConfig;
    const build = (more: RawConfig, where: NodeJS.ProcessEnv) => {
      const ui = new RecordingUi();
      const options = { ...rest, skip_create_omi: true, boot_check: "warn", ...more };
      return bench.bakery
        .bake(options, { env: where, ui })
        .then(() => ui.of("warn").map((line) => line.replace(/loop\d+/, "loopN")));
    };
    const there = await build({ source_omi: copy?.imageId ?? "" }, env);
    expect(there).toEqual(await build({ source_omi: artifact?.product.imageId ?? "" }, bench.bakery.env));
  });
});
