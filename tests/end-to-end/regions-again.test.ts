import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { copyOmi } from "../../src/bake/omis/copy-omi.ts";
import type { OmiArtifact } from "../../src/builder/artifact.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { RecordedCalls } from "../support/bake/recorded-calls.ts";
import { farConfig, RegionBench } from "../support/bake/region-bench.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requireRoot();

describe("a build for other regions that have an OMI of the name already", () => {
  let bench: RegionBench;
  beforeAll(async () => {
    bench = await RegionBench.open("regions-again-test");
  });
  afterAll(() => bench[Symbol.asyncDispose]());
  beforeEach(() => bench.count());
  afterEach(() => bench.clear());

  it("replaces the OMI of the name there, last of all, with its snapshots", async () => {
    const { BlockDeviceMappings } = await bench.seeded(bench.east);
    const { Image: old } = await bench.eastApi.createImage({ ImageName: "far", BlockDeviceMappings });
    await bench.east.idle();
    const options = { omi_regions: ["us-east-2"], force_deregister: true };
    const { artifact, ui } = await bench.bake({ ...options, force_delete_snapshot: true });
    expect(ui.of("say")).toContain(`Deregistering the old OMI ${old.ImageId} (far) in us-east-2...`);
    expect((await bench.readIn(bench.east, old.ImageId)).image).toBeUndefined();
    expect((await bench.readIn(bench.east, artifact?.copies[0]?.imageId)).image?.ImageName).toBe("far");
    expect(ui.of("message")).toContain(`Deleted the old snapshot ${BlockDeviceMappings[0]?.Bsu?.SnapshotId}`);
  });

  it("has the old OMI there again when its successor cannot be registered", async () => {
    const { BlockDeviceMappings } = await bench.seeded(bench.east);
    const { Image: old } = await bench.eastApi.createImage({
      ImageName: "far",
      Description: "old",
      BlockDeviceMappings,
    });
    await bench.east.idle();
    // The import is the first one.
    bench.east.faults.add({ kind: "internal-error", action: "CreateImage", skip: 1, times: 8 });
    const options = { ...farConfig, omi_regions: ["us-east-2"], force_deregister: true };
    const baking = bench.bakery.bake(options, { clock: hastyClock() });
    await expect(baking).rejects.toMatchObject({
      ...{ code: "E_REGION_COPY", failed: [{ region: "us-east-2" }] },
      // The name is taken by the old one then.
      hint: expect.stringMatching(/omi copy .* -force /),
    });
    const { Images } = await bench.eastApi.readImages({ Filters: { AccountIds: [bench.east.account("builder").id] } });
    expect(Images).toMatchObject([{ ImageName: "far", Description: "old", State: "available" }]);
    expect(Images[0]?.ImageId).not.toBe(old.ImageId);
  });

  const inputs = { inputs: [], key: "key" };
  const unchanged = (omi_regions: readonly string[]) => {
    return { ...farConfig, omi_name: "far-{{timestamp}}", omi_regions: [...omi_regions], skip_unchanged: true };
  };

  it("finds a copy that omi copy has made in the place of one that had failed", async () => {
    bench.east.faults.add({ kind: "fail", transition: "image.pending" });
    let standing: OmiArtifact | undefined;
    const onStanding = (artifact: OmiArtifact) => {
      standing = artifact;
    };
    const failing = bench.bakery.bake(unchanged(["us-east-2"]), { inputs, onStanding });
    await expect(failing).rejects.toMatchObject({ code: "E_REGION_COPY" });
    const omi = standing?.product.imageId ?? "";
    const { env } = bench.bakery;
    const copy = { omi, bucket: "acme", targets: [{ region: "us-east-2" }], env, ui: new RecordingUi() };
    const { copies } = await copyOmi(copy);
    // A copy that no template asks for is none that a build finds.
    await copyOmi({ ...copy, name: "another" });
    const { artifact } = await bench.bakery.bake(unchanged(["us-east-2"]), { inputs });
    if (artifact) bench.artifacts.push(artifact);
    const [made] = copies;
    if (made?.outcome !== "copied") throw made?.error;
    expect(artifact).toMatchObject({ isReused: true, copies: [{ imageId: made.imageId, isReused: true }] });
    await standing?.destroy();
  });

  it("can be found in a region as soon as it is there, whatever becomes of the others", async () => {
    bench.west.faults.add({ kind: "stuck", transition: "image.pending" });
    const baking = bench.bakery.bake(unchanged(["us-east-2", "us-west-1"]), { inputs });
    const isMarked = async () => {
      const { Images } = await bench.eastApi.readImages({ Filters: { TagKeys: ["outscale-chroot:inputs"] } });
      return Images.length;
    };
    const tooEarly = baking.then(() => expect.unreachable("The copy in us-west-1 is held"));
    await Promise.race([expect.poll(isMarked, { timeout: 60_000 }).toBe(1), tooEarly]);
    bench.west.faults.clear();
    const { artifact } = await baking;
    if (artifact) bench.artifacts.push(artifact);
    expect(artifact?.copies).toHaveLength(2);
  });

  it("makes only the copy that is missing when nothing has changed", async () => {
    const build = (omi_regions: readonly string[]) => bench.bakery.bake(unchanged(omi_regions), { inputs });
    const { artifact: first } = await build(["us-east-2"]);
    if (first) bench.artifacts.push(first);
    const { artifact: second } = await build(["us-east-2"]);
    expect(second).toMatchObject({ id: first?.id, isReused: true, copies: [{ region: "us-east-2", isReused: true }] });
    expect(second?.string()).toMatch(/^Nothing has changed/);
    const calls = new RecordedCalls(bench.bakery);
    const { artifact: third } = await build(["us-east-2", "us-west-1"]);
    if (third) bench.artifacts.unshift(third);
    expect(third?.id).toMatch(new RegExp(`^${first?.id},us-west-1:ami-[0-9a-f]{8}$`));
    expect(third?.string()).toMatch(/^OMIs were created/);
    expect(calls.of("CreateVolume")).toEqual([]);
    // What was there before is not its to delete.
    await third?.destroy();
    expect((await bench.readIn(bench.east, first?.copies[0]?.imageId)).image).toBeDefined();
    expect((await bench.readIn(bench.west, third?.copies[1]?.imageId)).image).toBeUndefined();
  });
});
