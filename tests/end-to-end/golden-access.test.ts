import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import { type Bakery, openBakery } from "../support/bake/bake.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { dataOn, ImageOwner, rootOn } from "../support/bake/image-owner.ts";
import { RecordedCalls } from "../support/bake/recorded-calls.ts";
import { requireRoot } from "../support/suite/requirements.ts";

const describe = requireRoot();
const [FIRST, SECOND] = ["111111111111", "222222222222"];

describe("the product's permissions and tags", () => {
  let bakery: Bakery;
  let own: ImageOwner;
  let other: ImageOwner;
  let config: RawConfig;
  let calls: RecordedCalls;
  beforeAll(async () => {
    bakery = await openBakery("golden-access-test");
    own = new ImageOwner(bakery, "builder");
    other = new ImageOwner(bakery, "other");
    const { ImageId } = await own.register({ ImageName: "base" });
    config = { source_omi: ImageId, omi_name: "product", boot_check: "off", polling: { min: "5ms", max: "50ms" } };
  });
  afterAll(async () => {
    await own.api[Symbol.asyncDispose]();
    await other.api[Symbol.asyncDispose]();
    await bakery.close();
  });
  beforeEach(() => {
    calls = new RecordedCalls(bakery);
  });
  afterEach(() => bakery.cloud.faults.clear());

  /** Builds, looks at what was made, and removes it. */
  const product = async (options: RawConfig) => {
    const { artifact, ui } = await bakery.bake({ ...config, ...options }, { clock: hastyClock() });
    bakery.cloud.faults.clear();
    const { imageId = "", snapshotIds = [] } = artifact?.product ?? {};
    const { Images } = await own.api.readImages({ Filters: { ImageIds: [imageId] } });
    const { Snapshots } = await own.api.readSnapshots({ Filters: { SnapshotIds: [...snapshotIds] } });
    await artifact?.destroy();
    const [image, snapshot] = [Images[0], Snapshots[0]];
    if (image === undefined || snapshot === undefined) throw new Error("The build made no image");
    return { image, snapshot, ui };
  };

  it("keeps who may launch and who may create volumes apart", async () => {
    const { image, snapshot } = await product({ omi_account_ids: [FIRST], snapshot_account_ids: [SECOND] });
    expect(image.PermissionsToLaunch).toEqual({ AccountIds: [FIRST], GlobalPermission: false });
    expect(snapshot.PermissionsToCreateVolume).toEqual({ AccountIds: [SECOND], GlobalPermission: false });
  });

  it.each([
    [{ global_permission: true }, true, false],
    [{ omi_groups: ["all"] }, true, false],
    [{ snapshot_groups: ["all"] }, false, true],
  ])("makes public what %j says, and nothing else", async (options, launch, createVolume) => {
    const { image, snapshot } = await product(options);
    expect(image.PermissionsToLaunch).toEqual({ AccountIds: [], GlobalPermission: launch });
    expect(snapshot.PermissionsToCreateVolume).toEqual({ AccountIds: [], GlobalPermission: createVolume });
    expect([...calls.of("UpdateImage"), ...calls.of("UpdateSnapshot")]).toHaveLength(1);
  });

  it("asks for no permission that is not wanted", async () => {
    await product({});
    expect(calls.actions).not.toContain("UpdateImage");
    expect(calls.actions).not.toContain("UpdateSnapshot");
  });

  it("tags the OMI and its snapshot, where snapshot_tags win, and leaves no tag of the run", async () => {
    const { image, snapshot } = await product({
      tags: { Stage: "prod", Base: "{{.SourceOMIName}}" },
      snapshot_tags: { Stage: "archive", Keep: "90 days" },
    });
    const tagsOf = ({ Tags }: { readonly Tags: readonly { Key: string; Value: string }[] }) =>
      Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
    expect(tagsOf(image)).toEqual({ Stage: "prod", Base: "base" });
    expect(tagsOf(snapshot)).toEqual({ Stage: "archive", Base: "base", Keep: "90 days" });
  });

  it("never tags another account's snapshot", async () => {
    const foreign = await other.snapshot();
    await other.shareSnapshot(foreign);
    const root = await own.snapshot();
    const mappings = [rootOn(root), dataOn("/dev/xvdb", foreign)];
    const { ImageId } = await own.register({ ImageName: "mixed", BlockDeviceMappings: mappings });
    await product({ source_omi: ImageId, tags: { Stage: "prod" }, snapshot_tags: { Keep: "90 days" } });
    const tagged = calls.of("CreateTags").flatMap(({ ResourceIds }) => ResourceIds);
    expect(tagged.length).toBeGreaterThan(0);
    expect(tagged).not.toContain(foreign);
    const { Snapshots } = await other.api.readSnapshots({ Filters: { SnapshotIds: [foreign] } });
    expect(Snapshots).toMatchObject([{ Tags: [] }]);
  });

  it("warns once where the run's tag cannot be set, and takes off what it could set", async () => {
    // The volume and the snapshot are tagged, the OMI is not.
    bakery.cloud.faults.add({ kind: "internal-error", action: "CreateTags", skip: 2, times: 1000 });
    const { image, snapshot, ui } = await product({});
    expect(ui.of("warn").filter((line) => /no tag of this run/.test(line))).toHaveLength(1);
    expect([image.Tags, snapshot.Tags]).toEqual([[], []]);
  });
});
