import { afterAll, beforeAll, expect, it } from "vitest";
import { type Bakery, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import { bundleCrashingBuild, runKilledBuild } from "../support/bake/killed-build.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requireRoot();
const HOUR_MS = 3_600_000;
const config = { ...publicSource, omi_name: "skewed" };

describe("a build on a machine whose clock is wrong", () => {
  let bakery: Bakery;
  let bundle: string;
  beforeAll(async () => {
    bakery = await openBakery("skew-test");
    bundle = await bundleCrashingBuild(bakery.folder);
  });
  afterAll(() => bakery.close());

  it.each([
    ["behind", HOUR_MS],
    ["ahead of", -HOUR_MS],
  ])("builds with the service's time when it is an hour %s it, and says so once", async (where, ms) => {
    bakery.cloud.faults.add({ kind: "skewed-clock", ms });
    const ui = new RecordingUi();
    const { artifact } = await bakery.bake(config, { ui });
    expect(
      ui.lines.filter((line) => line.includes(`clock is 60 minutes ${where} OUTSCALE's, which says 20`)),
    ).toHaveLength(1);
    await artifact?.destroy();
    await bakery.cloud.idle();
    expect(await bakery.leftovers()).toEqual(nothing);
    bakery.cloud.faults.clear();
  });

  it("cleans up what a killed build left, when the clock has jumped since", async () => {
    const made = { kind: "link", isWritten: true };
    expect(await runKilledBuild(bakery, bundle, { point: 0, config, made })).toBe("killed");
    bakery.cloud.faults.add({ kind: "skewed-clock", ms: HOUR_MS });
    expect((await bakery.cleanUp()).map(({ outcome }) => outcome)).toEqual(["cleaned"]);
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("goes on when the clock jumps in the middle", async () => {
    const onEvent = (event: { type: string; kind?: string; change?: string }) => {
      const isLinked = event.type === "resource" && event.kind === "link" && event.change === "acquired";
      if (isLinked) bakery.cloud.faults.add({ kind: "skewed-clock", ms: HOUR_MS });
    };
    const { artifact } = await bakery.bake({ ...config, omi_name: "jumped" }, { onEvent });
    expect(bakery.cloud.faults.skewMs).toBeGreaterThan(0);
    await artifact?.destroy();
    await bakery.cloud.idle();
    expect(await bakery.leftovers()).toEqual(nothing);
  });
});
