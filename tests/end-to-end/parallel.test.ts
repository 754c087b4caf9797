import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Hook } from "../../src/builder/hook.ts";
import { type Bakery, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import { ImageOwner } from "../support/bake/image-owner.ts";
import { bundleCrashingBuild, runKilledBuild } from "../support/bake/killed-build.ts";
import { readDiskFile } from "../support/disks/disk-file.ts";
import { requireRoot } from "../support/suite/requirements.ts";

const describe = requireRoot();
const names = ["first", "second", "third", "fourth"];

/** Resolves for everybody when as many have come as are expected. */
function meetingPoint(expected: number): () => Promise<void> {
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    open = resolve;
  });
  let present = 0;
  return async () => {
    present += 1;
    if (present === expected) open();
    await all;
  };
}

describe("four builds at once on one VM", () => {
  let bakery: Bakery;
  let own: ImageOwner;
  let start: number;
  beforeAll(async () => {
    bakery = await openBakery("parallel-test", { latency: { "volume.creating": 200, "link.attaching": 50 } });
    own = new ImageOwner(bakery, "builder");
  });
  afterAll(async () => {
    await own.api[Symbol.asyncDispose]();
    await bakery.close();
  });
  beforeEach(() => {
    start = bakery.cloud.requests.length;
  });

  /** What the cloud answered to each link: a name that was taken would be an error of two builds without a lock. */
  const linkAnswers = () =>
    bakery.cloud.requests
      .slice(start)
      .filter(({ action }) => action === "LinkVolume")
      .map(({ status }) => status);

  it("link devices of their own, and each makes its own image, in one process", async () => {
    const meet = meetingPoint(names.length);
    const devices: string[] = [];
    const hookOf = (name: string): Hook => ({
      provision: async ({ communicator, data }) => {
        devices.push(data.Device.split("/").at(-1) ?? "");
        await meet(); // all four volumes are linked and mounted now
        await communicator.start({ command: `echo ${name} > /etc/baked` });
      },
    });
    const built = await Promise.all(
      names.map((name) => bakery.bake({ ...publicSource, omi_name: name }, { hook: hookOf(name) })),
    );
    expect(new Set(devices).size).toBe(names.length);
    expect(linkAnswers()).toEqual([200, 200, 200, 200]);
    for (const [index, { artifact }] of built.entries()) {
      const disk = await bakery.export(artifact?.product.imageId ?? "");
      expect(await readDiskFile(disk, "/etc/baked")).toBe(`${names[index]}\n`);
      await artifact?.destroy();
    }
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("do not disturb each other when one fails and one is cancelled", async () => {
    const meet = meetingPoint(names.length);
    const controller = new AbortController();
    const ends = new Map<string, () => void>([
      ["second", () => controller.abort()],
      ["third", () => expect.unreachable("the third fails")],
    ]);
    const bake = (name: string) => {
      const provision = async () => {
        await meet();
        ends.get(name)?.();
      };
      const signal = name === "second" ? { signal: controller.signal } : {};
      return bakery.bake({ ...publicSource, omi_name: name }, { hook: { provision }, ...signal });
    };
    const results = await Promise.allSettled(names.map(bake));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    const { images, snapshots, ...rest } = await bakery.leftovers();
    expect(images.map((image) => image.split(" ")[1]).toSorted()).toEqual(["first", "fourth"]);
    expect({ ...rest, images: [], snapshots: [] }).toEqual(nothing);
    expect(snapshots).toHaveLength(2);
    await own.clear();
  });

  it("work the same in four processes", async () => {
    const bundle = await bundleCrashingBuild(bakery.folder);
    const bake = (name: string) =>
      runKilledBuild(bakery, bundle, { point: 0, config: { ...publicSource, omi_name: name } });
    await Promise.all(names.map(bake));
    expect(linkAnswers()).toEqual([200, 200, 200, 200]);
    const { images, snapshots, ...rest } = await bakery.leftovers();
    expect(images.map((image) => image.split(" ")[1]).toSorted()).toEqual(names.toSorted());
    expect(snapshots).toHaveLength(4);
    expect({ ...rest, images: [], snapshots: [] }).toEqual(nothing);
    await own.clear();
  });
});
