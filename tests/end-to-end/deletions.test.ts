import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AuthError } from "../../src/common/errors.ts";
import { type Bakery, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const textOf = ({ lines }: RecordingUi) => lines.join("\n");

/** The service takes its time to delete a volume, and may give it up: a build that ended well does not wait for it. */
describe("a volume that is still going when its build ends", () => {
  let bakery: Bakery;
  beforeEach(async () => {
    bakery = await openBakery("deletions");
    built = 0;
  });
  afterEach(() => bakery.close());

  let built: number;
  const bake = (options = {}) =>
    bakery.bake({ ...publicSource, omi_name: `web-${++built}` }, { isCloudEmbedded: false, ...options });

  /** A build whose volume is going, and stays so until the faults are cleared. */
  async function bakeAndLeave() {
    bakery.cloud.faults.add({ kind: "stuck", transition: "volume.deleting" });
    const baked = await bake();
    expect(textOf(baked.ui)).toMatch(/The OMI ami-\w+ is ready/);
    expect(textOf(baked.ui)).not.toContain("left behind");
    const left = await bakery.leftovers();
    expect([left.images.length, left.volumes.length, left.journals.length]).toEqual([built, 1, 0]);
    expect(await bakery.deletions()).toHaveLength(1);
    return baked;
  }

  /** The service goes on with what it was asked for, or drops it. */
  async function goOn({ givesUp = false } = {}): Promise<void> {
    bakery.cloud.faults.clear();
    if (givesUp) bakery.cloud.faults.add({ kind: "fail", transition: "volume.deleting", times: 1 });
    await bakery.cloud.idle();
  }

  it("is seen to be gone by the next build, along with what that reads anyway", async () => {
    await bakeAndLeave();
    const [journal] = await bakery.deletions();
    await goOn();
    const { ui } = await bake();
    await bakery.cloud.idle();
    expect(textOf(ui)).not.toContain("still there");
    const left = await bakery.leftovers();
    expect([left.volumes, left.journals]).toEqual([[], []]);
    expect(await bakery.deletions()).not.toContain(journal);
  });

  it("is deleted again by the next build when the service has given it up", async () => {
    await bakeAndLeave();
    await goOn({ givesUp: true });
    expect((await bakery.leftovers()).volumes).toHaveLength(1);
    const { ui } = await bake();
    expect(textOf(ui)).toMatch(/The volume vol-\w+ that run \w+ deleted is still there \(error\): deleting it again/);
    await bakery.cloud.idle();
    expect((await bakery.leftovers()).volumes).toEqual([]);
  });

  it.each([false, true])("is looked at by cleanup; given up: %s", async (givesUp) => {
    await bakeAndLeave();
    await goOn({ givesUp });
    const ui = new RecordingUi();
    const results = await bakery.cleanUp({ ui });
    expect(results).toMatchObject([{ outcome: "clean", failures: [] }]);
    expect(textOf(ui)).toMatch(/ended well while the service was deleting: volume vol-\w+/);
    const { images: _product, snapshots: _its, ...left } = await bakery.leftovers();
    expect({ ...nothing, ...left }).toEqual(nothing);
    expect(await bakery.deletions()).toEqual([]);
  });

  it("is nothing that cleanup fails for when it cannot look", async () => {
    await bakeAndLeave();
    const ui = new RecordingUi();
    const connect = async () => {
      throw new AuthError("There are no credentials");
    };
    expect(await bakery.cleanUp({ ui, connect })).toMatchObject([{ outcome: "clean", failures: [] }]);
    expect(textOf(ui)).toContain("Whether it is gone cannot be seen now: There are no credentials");
    expect(await bakery.deletions()).toHaveLength(1);
    await goOn();
  });

  it("is waited for when the cloud ends with the build, and when the build fails", async () => {
    await bake({ isCloudEmbedded: true });
    const { images: _product, snapshots: _its, ...left } = await bakery.leftovers();
    expect({ ...nothing, ...left }).toEqual(nothing);
    expect(await bakery.deletions()).toEqual([]);
    bakery.cloud.faults.add({ kind: "fail", transition: "image.pending", times: 1 });
    await expect(bake()).rejects.toThrow();
    expect(await bakery.deletions()).toEqual([]);
  });
});
