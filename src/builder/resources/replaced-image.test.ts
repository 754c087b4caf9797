import { describe, expect, it } from "vitest";
import { image, ownAccount } from "../../../tests/support/builder/api-objects.ts";
import { releaseContext, scriptedApi } from "../../../tests/support/outscale/scripted-api.ts";
import { RecordingUi } from "../../../tests/support/terminal/recording-ui.ts";
import type { Image } from "../../outscale/oapi.ts";
import { describeImage, replacedImageKind } from "./replaced-image.ts";

const old = image({ ImageId: "ami-old", ImageName: "web", AccountId: ownAccount });
const again = image({ ImageId: "ami-again", ImageName: "web", AccountId: ownAccount });
const going = { ...old, State: "deleting" };

/** Releases it; the account shows these, one look after the other, and from then on the last. */
async function release(shown: readonly (Image | undefined)[]) {
  let looks = 0;
  let isRegistered = false;
  const { api, calls } = scriptedApi({
    readImages: () => {
      if (isRegistered) return { Images: [again] };
      const seen = shown[Math.min(looks++, shown.length - 1)];
      return { Images: seen === undefined ? [] : [seen] };
    },
    createImage: () => {
      isRegistered = true;
      return { Image: again };
    },
  });
  const ui = new RecordingUi();
  const context = releaseContext(api, ui);
  const startedAt = context.clock.now();
  const held = { id: "ami-old", intent: describeImage(old, "snap-new"), facts: {}, madeAt: startedAt };
  await replacedImageKind.release(context, held);
  return { calls: calls.map(([name]) => name), looks, ui, tookMs: context.clock.now() - startedAt };
}

describe("the release of an OMI that was to be replaced", () => {
  it.each<[string, readonly (Image | undefined)[]]>([
    ["is gone already", [undefined]],
    ["is listed as before for a moment", [old, old, old, undefined]],
    ["is going, however long that takes", [...new Array<Image>(600).fill(going), undefined]],
    ["is listed as before, and going then", [old, old, going, going, undefined]],
  ])("brings it back when its deletion was asked for and it %s", async (_case, shown) => {
    const { calls, looks, ui } = await release(shown);
    expect(calls).toContain("createImage");
    expect(looks).toBe(shown.length);
    expect(ui.of("warn")).toEqual([
      "The OMI web was registered again over its old snapshots: it is ami-again now, and was ami-old",
    ]);
  });

  it("leaves one alone that is still there after a moment: it never went", async () => {
    const { calls, ui, tookMs } = await release([old]);
    expect(new Set(calls)).toEqual(new Set(["readImages"]));
    // What looks as before for so long, the waits take for never begun, too.
    expect(tookMs).toBeGreaterThanOrEqual(15_000);
    expect(ui.of("warn")).toEqual([]);
  });

  it("does not wait for an OMI of somebody else that has the name", async () => {
    const { calls, tookMs } = await release([image({ ...again, BlockDeviceMappings: [] })]);
    expect([calls, tookMs]).toEqual([["readImages"], 0]);
  });
});
