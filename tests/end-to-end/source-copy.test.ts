import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import type { Fault } from "../../src/local-cloud/faults.ts";
import { type Bakery, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { dataOn, ImageOwner, rootOn } from "../support/bake/image-owner.ts";
import { bundleCrashingBuild, runKilledBuild } from "../support/bake/killed-build.ts";
import { RecordedCalls } from "../support/bake/recorded-calls.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { sample } from "../support/suite/sample.ts";

const describe = requireRoot();
const quick: RawConfig = { boot_check: "off", polling: { min: "5ms", max: "50ms" } };

describe("a build from another account's OMI", () => {
  let bakery: Bakery;
  let other: ImageOwner;
  beforeAll(async () => {
    bakery = await openBakery("source-copy-test");
    other = new ImageOwner(bakery, "other");
  });
  afterAll(async () => {
    await other.api[Symbol.asyncDispose]();
    await bakery.close();
  });
  let calls: RecordedCalls;
  beforeEach(() => {
    calls = new RecordedCalls(bakery);
  });
  afterEach(async () => {
    bakery.cloud.faults.clear();
    const own = new ImageOwner(bakery, "builder");
    await own.clear();
    await own.api[Symbol.asyncDispose]();
    await other.clear();
  });

  const copies = () => calls.of("CreateImage").filter(({ SourceImageId }) => SourceImageId !== undefined);

  it.each([
    ["shared with the account", (snapshot: string) => other.shareSnapshot(snapshot)],
    ["public", (snapshot: string) => other.publishSnapshot(snapshot)],
  ])("copies nothing when the root snapshot is %s", async (_how, share) => {
    const snapshot = await other.snapshot();
    const { ImageId } = await other.register({ ImageName: "theirs", BlockDeviceMappings: [rootOn(snapshot)] });
    await other.shareImage(ImageId);
    await share(snapshot);
    const { artifact } = await bakery.bake({ ...quick, source_omi: ImageId, omi_name: "mine" });
    expect(copies()).toEqual([]);
    expect(calls.of("CreateVolume")).toMatchObject([{ SnapshotId: snapshot }]);
    await artifact?.destroy();
    const { Snapshots } = await other.api.readSnapshots({ Filters: { SnapshotIds: [snapshot] } });
    expect(Snapshots).toHaveLength(1);
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  /** An image of a root and two data volumes, which the account may launch and no more. */
  const registerWithData = async () => {
    const [root, first, second] = [await other.snapshot(), await other.snapshot(), await other.snapshot()];
    const mappings = [rootOn(root), dataOn("/dev/xvdb", first), dataOn("/dev/xvdc", second)];
    const { ImageId } = await other.register({ ImageName: "theirs", BlockDeviceMappings: mappings });
    await other.shareImage(ImageId);
    return ImageId;
  };

  it("copies the image once otherwise, and keeps of the copy what the new OMI maps", async () => {
    const source = await registerWithData();
    const { artifact } = await bakery.bake({ ...quick, source_omi: source, omi_name: "mine", tags: { Name: "mine" } });
    expect(copies()).toHaveLength(1);
    const { imageId = "", snapshotIds = [] } = artifact?.product ?? {};
    expect(snapshotIds).toHaveLength(3);
    expect(await bakery.leftovers()).toEqual({
      ...nothing,
      images: [`${imageId} mine`],
      snapshots: expect.toSatisfy((ids: string[]) => ids.toSorted().join() === snapshotIds.toSorted().join()),
    });
    await artifact?.destroy();
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("is rid of the copy before it links the volume", async () => {
    await bakery.bake({ ...publicSource, omi_name: "mine" });
    const { actions } = calls;
    const [deletesCopy, links] = [actions.indexOf("DeleteImage"), actions.indexOf("LinkVolume")];
    expect(deletesCopy).toBeGreaterThan(0);
    expect(links).toBeGreaterThan(deletesCopy);
    expect(actions.slice(0, links)).toContain("DeleteSnapshot");
  });

  it("keeps no data snapshot that a mapping takes out of the new OMI", async () => {
    const source = await registerWithData();
    const { artifact } = await bakery.bake({
      ...quick,
      source_omi: source,
      omi_name: "mine",
      omi_block_device_mappings: [
        { device_name: "/dev/xvdb", no_device: true },
        { device_name: "/dev/xvdc", virtual_name: "ephemeral0" },
      ],
    });
    const { product } = artifact ?? {};
    expect(product?.snapshotIds).toHaveLength(1);
    expect(await bakery.leftovers()).toEqual({
      ...nothing,
      images: [`${product?.imageId} mine`],
      snapshots: product?.snapshotIds,
    });
  });

  it("keeps nothing of the copy when the build fails", async () => {
    const source = await registerWithData();
    const hook = { provision: () => Promise.reject(new Error("provisioning failed")) };
    await expect(bakery.bake({ ...quick, source_omi: source, omi_name: "mine" }, { hook })).rejects.toThrow("failed");
    expect(copies()).toHaveLength(1);
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it.each<[string, Fault]>([
    ["the volume fails", { kind: "fail", transition: "volume.creating" }],
    ["the copy cannot be removed at first", { kind: "internal-error", action: "DeleteImage", times: 10 }],
  ])("keeps nothing of the copy when %s", async (_what, fault) => {
    const source = await registerWithData();
    bakery.cloud.faults.add(fault);
    const failing = bakery.bake({ ...quick, source_omi: source, omi_name: "mine" }, { clock: hastyClock() });
    await expect(failing).rejects.toThrow();
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("leaves nothing of the copy after cleanup when it is killed", async () => {
    const bundle = await bundleCrashingBuild(bakery.folder);
    const config = { ...quick, source_omi: await registerWithData(), omi_name: "mine", skip_create_omi: true };
    const points = Number(await runKilledBuild(bakery, bundle, { point: 0, config }));
    const published = { ...config, skip_create_omi: false };
    const left: string[] = [];
    // The copy comes and goes in the first half.
    for (const point of sample(
      Array.from({ length: Math.ceil(points / 2) }, (_, index) => index + 1),
      8,
    )) {
      expect(await runKilledBuild(bakery, bundle, { point, config: published })).toBe("killed");
      await bakery.cleanUp();
      const leftovers = await bakery.leftovers();
      if (JSON.stringify(leftovers) !== JSON.stringify(nothing)) left.push(`${point}: ${JSON.stringify(leftovers)}`);
    }
    expect(left).toEqual([]);
  });

  it("copies for a data snapshot that is not shared either, as the new OMI could not map it", async () => {
    const [root, data] = [await other.snapshot(), await other.snapshot()];
    const mappings = [rootOn(root), dataOn("/dev/xvdb", data)];
    const { ImageId } = await other.register({ ImageName: "theirs", BlockDeviceMappings: mappings });
    await other.shareImage(ImageId);
    await other.shareSnapshot(root);
    const { artifact } = await bakery.bake({ ...quick, source_omi: ImageId, omi_name: "mine" });
    expect(copies()).toHaveLength(1);
    expect(artifact?.product.snapshotIds).toHaveLength(2);
    // Not needed for a mapping that the configuration takes out.
    const without = { omi_block_device_mappings: [{ device_name: "/dev/xvdb", no_device: true }] };
    await bakery.bake({ ...quick, ...without, source_omi: ImageId, omi_name: "other" });
    expect(copies()).toHaveLength(1);
  });

  it("speaks of the source, not of its copy", async () => {
    const { Images } = await bakery.api.readImages({ Filters: { AccountAliases: ["Outscale"] } });
    const [source] = Images;
    const tags = { From: "{{.SourceOMI}} {{.SourceOMIName}} in {{.BuildRegion}}" };
    const { artifact } = await bakery.bake({ ...publicSource, omi_name: "{{.SourceOMIName}}-mine", tags });
    expect(artifact?.product.name).toBe(`${source?.ImageName}-mine`);
    const made = await bakery.api.readImages({ Filters: { ImageIds: [artifact?.product.imageId ?? ""] } });
    expect(made.Images[0]).toMatchObject({
      Description: source?.Description,
      Tags: [{ Key: "From", Value: `${source?.ImageId} ${source?.ImageName} in eu-west-2` }],
    });
  });

  it("is not disturbed by a second one at the same time", async () => {
    const source = await registerWithData();
    const config = (omi_name: string) => ({ ...quick, source_omi: source, omi_name });
    const built = await Promise.all([bakery.bake(config("one")), bakery.bake(config("two"))]);
    expect(copies()).toHaveLength(2);
    const products = built.map(({ artifact }) => artifact?.product);
    expect(new Set(products.flatMap((product) => product?.snapshotIds ?? [])).size).toBe(6);
    await built[0]?.artifact?.destroy();
    const { images, snapshots, ...rest } = await bakery.leftovers();
    expect(images).toEqual([`${products[1]?.imageId} two`]);
    expect(snapshots).toHaveLength(3);
    expect({ ...rest, images: [], snapshots: [] }).toEqual(nothing);
  });
});
