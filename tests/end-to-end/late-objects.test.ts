import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { Clock } from "../../src/common/clock.ts";
import { ChrootError } from "../../src/common/errors.ts";
import type { Fault, LateObject } from "../../src/local-cloud/faults.ts";
import { type Bakery, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { bundleCrashingBuild, runKilledBuild } from "../support/bake/killed-build.ts";
import { requireRoot } from "../support/suite/requirements.ts";

const describe = requireRoot();
const config = { ...publicSource, omi_name: "late", tags: { Name: "late" }, polling: { min: "400ms" } };
/** For so long nothing that was just made is to be seen. */
const LATE_MS = 30_000;

/** Each thing that a build makes in the account: how the journal calls it, and what it is to the service. */
const things: readonly (readonly [kind: string, object: LateObject, skip: number])[] = [
  ["copied-image", "image", 0],
  ["copied-image", "snapshot", 0],
  ["volume", "volume", 0],
  ["link", "link", 0],
  ["snapshot", "snapshot", 1],
  ["image", "image", 1],
];

describe("a build on a cloud that shows late what it has made", () => {
  let folder: string;
  let bundle: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "late-builds-"));
    bundle = await bundleCrashingBuild(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** The cloud's and the builds' time: a wait of a build passes for the cloud too. */
  let clock: Clock;
  let bakery: Bakery;
  // Each with a time of its own: a journal has the machine's, which must not be far behind.
  beforeEach(async () => {
    clock = hastyClock();
    bakery = await openBakery("late-test", { clock });
  });
  afterEach(() => bakery.close());

  const arm = (object: LateObject, skip: number, times = 1) => {
    const fault: Fault = { kind: "late-object", object, ms: LATE_MS, skip, times };
    bakery.cloud.faults.add(fault);
  };

  /** Everything is there to be seen. */
  const settle = async () => {
    bakery.cloud.faults.clear();
    await bakery.cloud.idle();
    await clock.sleep(LATE_MS);
  };

  it("makes its OMI all the same, with its tags", async () => {
    for (const object of ["volume", "link", "snapshot", "image"] as const) arm(object, 0, 100);
    const { artifact, ui } = await bakery.bake(config, { clock });
    const { imageId = "", snapshotIds = [] } = artifact?.product ?? {};
    await settle();
    const { Images } = await bakery.api.readImages({ Filters: { ImageIds: [imageId] } });
    expect(Images[0]?.Tags).toEqual([{ Key: "Name", Value: "late" }]);
    expect(ui.lines.filter((line) => line.includes("carry no tag"))).toEqual([]);
    expect(await bakery.leftovers()).toEqual({ ...nothing, images: [`${imageId} late`], snapshots: [...snapshotIds] });
    await artifact?.destroy();
    await bakery.cloud.idle();
  });

  it.each(things)("takes down the %s when it is stopped before the %s is to be seen", async (kind, object, skip) => {
    arm(object, skip);
    const stop = new AbortController();
    const onEvent = (event: { type: string; kind?: string; change?: string }) => {
      if (event.type === "resource" && event.kind === kind && event.change === "acquired") stop.abort();
    };
    await expect(bakery.bake(config, { clock, signal: stop.signal, onEvent })).rejects.toThrow(ChrootError);
    expect(bakery.cloud.faults.list()).toEqual([]);
    await settle();
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it.each(things.flatMap((thing) => [true, false].map((isWritten) => [...thing, isWritten] as const)))(
    "leaves nothing of the %s after cleanup when it is killed before the %s (%d) is to be seen (in the journal: %s)",
    async (kind, object, skip, isWritten) => {
      arm(object, skip);
      expect(await runKilledBuild(bakery, bundle, { point: 0, config, made: { kind, isWritten } })).toBe("killed");
      expect(bakery.cloud.faults.list()).toEqual([]);
      await bakery.cleanUp();
      await settle();
      expect(await bakery.leftovers()).toEqual(nothing);
    },
  );
});
