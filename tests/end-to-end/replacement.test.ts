import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { BuildEvent, StepName } from "../../src/builder/events.ts";
import type { Hook } from "../../src/builder/hook.ts";
import { ChrootError } from "../../src/common/errors.ts";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import type { Fault } from "../../src/local-cloud/faults.ts";
import type { Image } from "../../src/outscale/oapi.ts";
import { type Bakery, nothing, openBakery } from "../support/bake/bake.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { dataOn, ImageOwner, rootOn } from "../support/bake/image-owner.ts";
import { RecordedCalls } from "../support/bake/recorded-calls.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requireRoot();
const STRANGER = "123456789012";

describe("a forced replacement", () => {
  let bakery: Bakery;
  let own: ImageOwner;
  let other: ImageOwner;
  let calls: RecordedCalls;
  /** The OMI to be replaced, with all that a registration can bring back. */
  let old: Image;
  let config: RawConfig;

  beforeAll(async () => {
    bakery = await openBakery("replacement-test");
    own = new ImageOwner(bakery, "builder");
    other = new ImageOwner(bakery, "other");
  });
  afterAll(async () => {
    await own.api[Symbol.asyncDispose]();
    await other.api[Symbol.asyncDispose]();
    await bakery.close();
  });

  beforeEach(async () => {
    const base = await own.register({ ImageName: "base" });
    old = await registerOld();
    config = {
      ...{ source_omi: base.ImageId, omi_name: "web", force_deregister: true, boot_check: "off" },
      ...{ omi_account_ids: ["999999999999"], tags: { Stage: "new" } },
      ...{ polling: { min: "5ms", max: "50ms" }, timeouts: { image: "1s" } },
    };
    calls = new RecordedCalls(bakery);
  });
  afterEach(async () => {
    bakery.cloud.faults.clear();
    await own.clear();
    await other.clear();
  });

  async function registerOld(): Promise<Image> {
    const mappings = [
      rootOn(await own.snapshot(), { VolumeType: "io1", Iops: 150, DeleteOnVmDeletion: false }),
      dataOn("/dev/xvdb", await own.snapshot()),
      { DeviceName: "/dev/xvdc", VirtualDeviceName: "ephemeral0" },
    ];
    const about = {
      Description: "The old one",
      BootModes: ["uefi" as const],
      TpmMandatory: true,
      ProductCodes: ["0002"],
    };
    const { ImageId } = await own.register({ ImageName: "web", BlockDeviceMappings: mappings, ...about });
    const Additions = { AccountIds: [STRANGER] };
    await own.api.updateImage({ ImageId, PermissionsToLaunch: { Additions } });
    await own.api.createTags({ ResourceIds: [ImageId], Tags: [{ Key: "Stage", Value: "old" }] });
    return readImage(ImageId);
  }

  async function readImage(imageId: string): Promise<Image> {
    const { Images } = await own.api.readImages({ Filters: { ImageIds: [imageId] } });
    if (!Images[0]) throw new Error(`There is no ${imageId}`);
    return Images[0];
  }

  async function readByName(name: string): Promise<Image[]> {
    const { Images } = await own.api.readImages({ Filters: { AccountIds: [own.accountId], ImageNames: [name] } });
    return Images;
  }

  /**
   * A build that must fail.
   * @param weather Sets and clears faults as the build goes on
   */
  async function bakeInVain(
    weather: (event: BuildEvent) => void,
    hook?: Hook,
  ): Promise<{ readonly error: ChrootError; readonly ui: RecordingUi }> {
    const ui = new RecordingUi();
    const options = { ui, clock: hastyClock(), onEvent: weather, ...(hook && { hook }) };
    const error = await bakery.bake(config, options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ChrootError)) throw new Error(`The build did not fail as it should: ${String(error)}`);
    return { error, ui };
  }

  /** A fault that begins when a step does for the given time, and ends when it has failed the step. */
  const during = (step: StepName, time: number, fault: Fault) => {
    let times = 0;
    return (event: BuildEvent) => {
      if (event.type === "step-started" && event.step === step && ++times === time) bakery.cloud.faults.add(fault);
      if (event.type === "step-ended" && event.outcome === "failed") bakery.cloud.faults.clear();
    };
  };

  /** What the account had before: the base and the old OMI with their snapshots. */
  const readAccount = async () => {
    const { images, snapshots, ...rest } = await bakery.leftovers();
    expect({ ...rest, images: [], snapshots: [] }).toEqual(nothing);
    expect(snapshots).toHaveLength(3);
    return images.map((image) => image.split(" ")[1]).toSorted();
  };

  const always = (action: string, skip = 0): Fault => ({ kind: "internal-error", action, skip, times: 1000 });

  it.each<[string, StepName, Fault]>([
    ["CreateImage is refused", "StepCreateOMI", always("CreateImage")],
    ["CreateImage gets no answer", "StepCreateOMI", { kind: "drop-before", action: "CreateImage", times: 1000 }],
    ["wait comes to no end", "StepCreateOMI", always("ReadImages")],
    ["permissions fail", "StepUpdateOMIAttributes", always("UpdateImage")],
    ["tags fail", "StepCreateTags", always("CreateTags")],
  ])("leaves the old OMI untouched when the rehearsal's %s", async (_what, step, fault) => {
    const { error } = await bakeInVain(during(step, 1, fault));
    expect(error.step).toBe(step);
    expect(await readImage(old.ImageId)).toEqual(old);
    expect(await readAccount()).toEqual(["base", "web"]);
  });

  /** Everything about the old OMI that is not bound to its id. */
  const lasting = ({ ImageId: _id, CreationDate: _date, ...image }: Image) => image;

  const expectOldBack = async (ui: RecordingUi) => {
    const [again, ...others] = await readByName("web");
    expect(others).toEqual([]);
    expect(again?.ImageId).not.toBe(old.ImageId);
    expect(again && lasting(again)).toEqual(lasting(old));
    const news = `it is ${again?.ImageId} now, and was ${old.ImageId}`;
    expect(ui.of("warn")).toContain(`The OMI web was registered again over its old snapshots: ${news}`);
    expect(await readAccount()).toEqual(["base", "web"]);
  };

  it.each<[string, StepName, Fault]>([
    ["is refused", "StepCreateOMI", always("CreateImage")],
    ["gets no answer", "StepCreateOMI", { kind: "drop-before", action: "CreateImage", times: 1000 }],
    ["gets no permissions", "StepUpdateOMIAttributes", always("UpdateImage")],
    ["gets no tags", "StepCreateTags", always("CreateTags")],
  ])("brings the old OMI back when the final registration %s", async (_what, step, fault) => {
    const { ui } = await bakeInVain(during(step, 2, fault));
    await expectOldBack(ui);
  });

  it("brings permissions and tags back too when that takes several tries", async () => {
    const fail = during("StepCreateOMI", 2, always("CreateImage"));
    const { ui } = await bakeInVain((event) => {
      fail(event);
      if (event.type !== "step-ended" || event.outcome !== "failed") return;
      bakery.cloud.faults.add({ kind: "drop-after", action: "CreateImage", times: 1 });
      bakery.cloud.faults.add({ kind: "internal-error", action: "UpdateImage", times: 8 });
      bakery.cloud.faults.add({ kind: "internal-error", action: "CreateTags", times: 8 });
    });
    await expectOldBack(ui);
  });

  it("lets cleanup bring the old OMI back when its successor could not be removed", async () => {
    const fail = during("StepUpdateOMIAttributes", 2, always("UpdateImage"));
    await bakeInVain((event) => {
      fail(event);
      if (event.type === "step-ended" && event.outcome === "failed") bakery.cloud.faults.add(always("DeleteImage"));
    });
    bakery.cloud.faults.clear();
    expect((await bakery.leftovers()).journals).toHaveLength(1);
    await bakery.cleanUp();
    const [again] = await readByName("web");
    expect(again && lasting(again)).toEqual(lasting(old));
    expect(await readAccount()).toEqual(["base", "web"]);
  });

  it("brings back what was changed on the old OMI while the build ran", async () => {
    const Tags = [{ Key: "Stage", Value: "changed" }];
    const provision = async () => void (await own.api.createTags({ ResourceIds: [old.ImageId], Tags }));
    await bakeInVain(during("StepCreateOMI", 2, always("CreateImage")), { provision });
    const [again] = await readByName("web");
    expect(again?.Tags).toEqual(Tags);
  });

  it("leaves another account's OMI of the name alone, and is not blocked by it", async () => {
    const theirs = await other.register({ ImageName: "web" });
    await other.shareImage(theirs.ImageId);
    const { artifact } = await bakery.bake(config);
    const [made] = await readByName("web");
    expect(made?.ImageId).toBe(artifact?.product.imageId);
    const { Images } = await other.api.readImages({ Filters: { ImageIds: [theirs.ImageId] } });
    expect(Images).toHaveLength(1);
    // Nor does it count as a taken name for a build that may not replace.
    await other.register({ ImageName: "theirs-too" });
    await bakery.bake({ ...config, omi_name: "theirs-too", force_deregister: false });
  });

  it("deletes the old OMI's own snapshots that nothing else uses, with force_delete_snapshot", async () => {
    const foreign = await other.snapshot();
    await other.shareSnapshot(foreign);
    await own.api.deleteImage({ ImageId: old.ImageId });
    await bakery.cloud.idle();
    const [root, shared] = old.BlockDeviceMappings.map(({ Bsu }) => Bsu?.SnapshotId ?? "");
    const mappings = [
      rootOn(root ?? ""),
      dataOn("/dev/xvdb", shared ?? ""),
      dataOn("/dev/xvdc", shared ?? ""),
      dataOn("/dev/xvdd", foreign),
    ];
    await own.register({ ImageName: "web", BlockDeviceMappings: mappings });
    await own.register({ ImageName: "user", BlockDeviceMappings: [rootOn(shared ?? "")] });

    const { ui } = await bakery.bake({ ...config, force_delete_snapshot: true });
    const { Snapshots } = await own.api.readSnapshots({});
    const left = Snapshots.map(({ SnapshotId }) => SnapshotId);
    expect(left).not.toContain(root);
    expect(left).toEqual(expect.arrayContaining([shared, foreign]));
    expect(calls.of("DeleteSnapshot")).toEqual([{ SnapshotId: root }]);
    expect(ui.of("message").join("\n")).toContain(`Keeping the old snapshot ${shared}`);
    expect(ui.of("warn")).toEqual([]);
  });

  it("keeps the old OMI's snapshots without force_delete_snapshot, and those that the new OMI maps with it", async () => {
    const kept = old.BlockDeviceMappings.flatMap(({ Bsu }) => Bsu?.SnapshotId ?? []);
    const { ui } = await bakery.bake(config);
    expect((await bakery.leftovers()).snapshots).toEqual(expect.arrayContaining(kept));
    expect(ui.of("message").join("\n")).toContain(`The old OMI's snapshots stay: ${kept.join(", ")}.`);
    // From itself: the new OMI maps the old one's data volume.
    const [source] = await readByName("web");
    const data = dataOn("/dev/xvdb", kept[1] ?? "");
    const root = source?.BlockDeviceMappings[0]?.Bsu?.SnapshotId ?? "";
    const both = await own.register({ ImageName: "both", BlockDeviceMappings: [rootOn(root), data] });
    const from = { source_omi: both.ImageId, omi_name: "both", force_delete_snapshot: true };
    await bakery.bake({ ...config, ...from });
    const [made] = await readByName("both");
    expect(made?.BlockDeviceMappings[1]?.Bsu?.SnapshotId).toBe(kept[1]);
    expect((await bakery.leftovers()).snapshots).toContain(kept[1]);
  });
});
