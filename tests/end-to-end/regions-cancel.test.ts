import { afterAll, beforeAll, expect, it } from "vitest";
import type { OmiArtifact } from "../../src/builder/artifact.ts";
import { snapshotIdsOf } from "../../src/builder/resources/image.ts";
import { CancelledError, messageOf } from "../../src/common/errors.ts";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import type { LocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import type { Image } from "../../src/outscale/oapi.ts";
import { type Bakery, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import {
  type CancelPoint,
  type CopyWay,
  pointsAtBucket,
  pointsOfCopies,
  sweepPoints,
} from "../support/bake/cancel-points.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { HeldCalls } from "../support/bake/held-calls.ts";
import { dataOn, ImageOwner, rootOn } from "../support/bake/image-owner.ts";
import { apiOf, type Census, censusOf } from "../support/bake/region-census.ts";
import { all, storageOf } from "../support/local-cloud/storage-of.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { sample } from "../support/suite/sample.ts";
import { SweepCount } from "../support/suite/sweep-count.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requireRoot();
const HOME = "eu-west-2";
const SAMPLE = 6;
/** Buckets: one that the build makes, and one that is there. */
const MADE = "acme";
const THERE = "images";

/** What a build has come to. */
interface Outcome {
  readonly standing: OmiArtifact | undefined;
  readonly error: unknown;
  readonly ui: RecordingUi;
}

describe("a build for other regions that is cancelled", () => {
  const count = new SweepCount("cancels of a build for other regions");
  let bakery: Bakery;
  let doors: HeldCalls;
  let own: ImageOwner;
  let base: Image;
  let before: Readonly<Record<string, Census>>;
  beforeAll(async () => {
    bakery = await openBakery("regions-cancel-test", { regions: [HOME, "us-east-2", "us-west-1"] });
    doors = await HeldCalls.open(bakery);
    own = new ImageOwner(bakery, "builder");
    const mappings = [rootOn(await own.snapshot()), dataOn("/dev/xvdb", await own.snapshot())];
    base = await own.register({ ImageName: "base", BlockDeviceMappings: mappings });
    await using storage = homeStorage();
    await storage.createBucket(THERE);
    before = await censusOf(bakery.cloud);
  });
  afterAll(async () => {
    count.print();
    await doors[Symbol.asyncDispose]();
    await own.api[Symbol.asyncDispose]();
    await bakery.close();
  });

  const homeStorage = () => storageOf({ ...bakery.cloud.account("builder"), endpoint: bakery.cloud.endpoint });

  async function bake({ regions, method, bucket }: CopyWay, stop: AbortSignal, hurry: AbortSignal): Promise<Outcome> {
    const { source_omi_filter: _, ...rest } = publicSource;
    const config: RawConfig = {
      ...{ ...rest, source_omi: base.ImageId, omi_name: "far", tags: { Name: "far" }, omi_regions: regions },
      ...{ omi_account_ids: ["123456789012"], region_copy: { bucket, create_bucket: true, method } },
    };
    let standing: OmiArtifact | undefined;
    const onStanding = (artifact: OmiArtifact) => {
      standing = artifact;
    };
    const ui = new RecordingUi();
    const options = { env: doors.env, clock: hastyClock(), signal: stop, hurry, onStanding, ui };
    const outcome = await bakery.bake(config, options).then(
      ({ artifact }): Outcome => ({ standing: artifact, error: undefined, ui }),
      (error: unknown): Outcome => ({ standing, error, ui }),
    );
    await doors.idle();
    return outcome;
  }

  /** The calls of a build that goes well, from the first that has to do with other regions. */
  async function callsOf(way: CopyWay): Promise<readonly string[]> {
    doors.begin();
    const never = new AbortController().signal;
    const { standing, error } = await bake(way, never, never);
    expect(error).toBeUndefined();
    await standing?.destroy();
    const first = doors.calls.findIndex((call) => call.startsWith("ReadRegions"));
    expect(first).toBeGreaterThan(0);
    return doors.calls.slice(first);
  }

  async function cancelAt({ call, isHurried, ...way }: CancelPoint): Promise<Outcome> {
    const stop = new AbortController();
    const hurry = new AbortController();
    doors.begin(call, { stop: () => stop.abort(), hurry: isHurried ? () => hurry.abort() : undefined });
    return bake(way, stop.signal, hurry.signal);
  }

  async function imagesNamedFar(cloud: LocalCloud): Promise<readonly string[]> {
    await using api = apiOf(cloud);
    const AccountIds = [cloud.account("builder").id];
    const { Images } = await api.readImages({ Filters: { AccountIds } });
    return Images.filter(({ ImageId }) => ImageId !== base.ImageId).map(
      ({ ImageId, ImageName, State }) => `${ImageId} ${ImageName} ${State}`,
    );
  }

  /** Every region has what the artifact names, whole, and no other; and it is said which have none. */
  async function expectTold({ regions, bucket }: CancelPoint, { standing, error, ui }: Outcome): Promise<void> {
    if (error !== undefined) {
      expect(error, messageOf(error)).toBeInstanceOf(CancelledError);
      expect(error).toMatchObject({ exitCode: 130 });
    }
    const copies = standing?.copies ?? [];
    const missing = regions.filter((name) => copies.every(({ region }) => region !== name));
    if (error === undefined) expect(missing).toEqual([]);
    const told = ui.of("warn").join("\n");
    if (standing !== undefined && missing.length > 0) {
      expect(told).toContain(`stays in ${HOME}, without a copy in ${missing.join(", ")}`);
      expect(told).toContain(`outscale-chroot omi copy -to ${missing.join(",")} -bucket ${bucket}`);
    } else expect(told).not.toContain("stays in");
    for (const cloud of bakery.cloud.regions) {
      const copy = copies.find(({ region }) => region === cloud.regionName);
      const imageId = cloud.regionName === HOME ? standing?.product.imageId : copy?.imageId;
      expect(await imagesNamedFar(cloud)).toEqual(imageId === undefined ? [] : [`${imageId} far available`]);
    }
  }

  async function tryAt(point: CancelPoint): Promise<void> {
    const exports = () => bakery.cloud.requests.filter(({ action }) => action === "CreateImageExportTask").length;
    const exported = exports();
    const outcome = await cancelAt(point);
    try {
      expect(exports() - exported).toBeLessThanOrEqual(1);
      const { journals } = await bakery.leftovers();
      const isLeft = outcome.ui.of("warn").some((line) => line.startsWith("Something is left behind"));
      expect(journals).toHaveLength(isLeft ? 1 : 0);
      // Who is not hurried has the time for all of it.
      if (!point.isHurried) expect(isLeft).toBe(false);
    } finally {
      await bakery.cleanUp();
    }
    try {
      await expectTold(point, outcome);
    } finally {
      await outcome.standing?.destroy();
    }
    expect(await censusOf(bakery.cloud)).toEqual(before);
    const { images: _, snapshots: _snapshots, ...rest } = await bakery.leftovers();
    const { images: _images, snapshots: _none, ...none } = nothing;
    expect(rest).toEqual(none);
  }

  async function clear(isBroken: boolean): Promise<void> {
    if (!isBroken) return;
    const kept = new Set(snapshotIdsOf(base));
    for (const cloud of bakery.cloud.regions) {
      await using api = apiOf(cloud);
      const AccountIds = [cloud.account("builder").id];
      const { Images } = await api.readImages({ Filters: { AccountIds } });
      for (const { ImageId } of Images) if (ImageId !== base.ImageId) await api.deleteImage({ ImageId });
      await cloud.idle();
      const { Snapshots } = await api.readSnapshots({ Filters: { AccountIds } });
      for (const { SnapshotId } of Snapshots) if (!kept.has(SnapshotId)) await api.deleteSnapshot({ SnapshotId });
    }
    await using storage = homeStorage();
    for (const bucket of [MADE, THERE]) {
      if ((await storage.findBucket(bucket)) === "absent") continue;
      for (const { key } of await all(storage.list(bucket))) await storage.delete({ bucket, key });
      if (bucket === MADE) await storage.deleteBucket(bucket);
    }
  }

  const sweep = (points: readonly CancelPoint[]) => sweepPoints(points, { count, doors, tryAt, clear });

  it("leaves the OMI and each copy whole or not at all, and says which, at whatever call", async () => {
    const points = await pointsOfCopies({ regions: ["us-east-2", "us-west-1"], bucket: MADE }, callsOf);
    await sweep(sample(points, SAMPLE));
  });

  it("leaves nothing in a bucket that is there, at whatever request to it", async () => {
    const points = await pointsAtBucket({ regions: ["us-east-2"], method: "image", bucket: THERE }, callsOf);
    const puts = points.filter(({ call, isHurried }) => call.startsWith("PUT object") && !isHurried);
    // Before anything is made, and again before the export.
    expect(puts).toHaveLength(2);
    await sweep(sample(points, SAMPLE / 2));
  });

  it("says what had failed by then", async () => {
    const [east, west] = ["us-east-2", "us-west-1"].map((name) =>
      bakery.cloud.regions.find(({ regionName }) => regionName === name),
    );
    east?.faults.add({ kind: "fail", transition: "image.pending" });
    west?.faults.add({ kind: "stuck", transition: "image.pending" });
    const stop = new AbortController();
    // What has failed is taken back.
    doors.begin("DeleteImage 1 in us-east-2", {
      stop: () => {
        stop.abort();
        west?.faults.clear();
      },
    });
    const way: CopyWay = { regions: ["us-east-2", "us-west-1"], method: "image", bucket: MADE };
    const { standing, error, ui } = await bake(way, stop.signal, new AbortController().signal);
    expect(error).toBeInstanceOf(CancelledError);
    expect(ui.of("warn").filter((line) => line.startsWith("The copy failed in"))).toEqual([
      expect.stringMatching(/^The copy failed in us-east-2: .*It cannot be imported/),
    ]);
    await standing?.destroy();
    expect(await censusOf(bakery.cloud)).toEqual(before);
  });
});
