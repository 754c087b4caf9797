import { afterAll, beforeAll, expect, it } from "vitest";
import { type Bakery, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import { ImageOwner } from "../support/bake/image-owner.ts";
import { bundleCrashingBuild, runKilledBuild } from "../support/bake/killed-build.ts";
import { Random } from "../support/suite/random.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { sample } from "../support/suite/sample.ts";
import { SweepCount } from "../support/suite/sweep-count.ts";

const describe = requireRoot();
const ROUNDS = 250;
const SAMPLE = 4;

/** Two builds of each kind at once: one of either is killed somewhere, the other must not notice. */
const builds = [
  { name: "host-lives", isolation: "host", isKilled: false },
  { name: "host-dies", isolation: "host", isKilled: true },
  { name: "private-lives", isolation: "private", isKilled: false },
  { name: "private-dies", isolation: "private", isKilled: true },
];

describe("builds of both isolations, side by side", () => {
  const count = new SweepCount("kills beside living builds of either isolation, by pairs");
  let bakery: Bakery;
  let bundle: string;
  let own: ImageOwner;
  let points: number;
  beforeAll(async () => {
    bakery = await openBakery("mixed-test");
    own = new ImageOwner(bakery, "builder");
    bundle = await bundleCrashingBuild(bakery.folder);
    const config = { ...publicSource, omi_name: "whole", isolation: "host" };
    points = Number(await runKilledBuild(bakery, bundle, { point: 0, config }));
    await own.clear();
  });
  afterAll(async () => {
    count.print();
    await own.api[Symbol.asyncDispose]();
    await bakery.close();
  });

  async function playRound(round: number): Promise<void> {
    const random = new Random(round);
    const ended = await Promise.all(
      builds.map(({ name, isolation, isKilled }) => {
        const config = { ...publicSource, omi_name: name, isolation };
        return runKilledBuild(bakery, bundle, { point: isKilled ? 1 + random.below(points) : 0, config });
      }),
    );
    await bakery.cleanUp();
    const { images, snapshots, ...rest } = await bakery.leftovers();
    const names = images.map((image) => image.split(" ")[1] ?? "");
    const { images: _images, snapshots: _snapshots, ...noRest } = nothing;
    await own.clear();
    expect(rest).toEqual(noRest);
    expect(names).toEqual(expect.arrayContaining(["host-lives", "private-lives"]));
    expect(snapshots).toHaveLength(images.length); // one that was killed at the very end has its product
    expect(ended.filter((_, index) => !builds[index]?.isKilled)).not.toContain("killed");
  }

  it("do not disturb each other, and leave nothing after cleanup", async () => {
    const rounds = Array.from({ length: ROUNDS }, (_, index) => index + 1);
    for (const round of sample(rounds, SAMPLE)) await count.try(`round ${round}`, () => playRound(round));
    expect(count.broke).toEqual([]);
  });
});
