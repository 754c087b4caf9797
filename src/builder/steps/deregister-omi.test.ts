import { describe, expect, it } from "vitest";
import { image, ownAccount, refusal } from "../../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { CancelledError } from "../../common/errors.ts";
import { deregisterOmi } from "./deregister-omi.ts";

const old = image({ ImageId: "ami-old", ImageName: "web", AccountId: ownAccount, Tags: [{ Key: "a", Value: "b" }] });

describe("deregisterOmi()", () => {
  it("has nothing to do when nobody has the name any more", async () => {
    await using fake = await fakeBuild({ api: { readImages: () => ({ Images: [] }) } });
    const input = { name: "web", successorSnapshotId: "snap-new", undo: fake.scope };
    expect(await deregisterOmi(fake.build, input)).toBeUndefined();
    expect(fake.entries()).toEqual([]);
  });

  it("writes down all that brings it back before it deletes it, and waits until it is gone", async () => {
    const present = [old];
    const journaledAtDeletion: unknown[] = [];
    const deleteImage = () => {
      journaledAtDeletion.push(...fake.entries());
      present.pop();
      return {};
    };
    await using fake = await fakeBuild({ api: { readImages: () => ({ Images: [...present] }), deleteImage } });
    const input = { name: "web", successorSnapshotId: "snap-new", undo: fake.scope };
    expect(await deregisterOmi(fake.build, input)).toBe(old);
    expect(journaledAtDeletion).toMatchObject([
      {
        type: "intent",
        kind: "replaced-image",
        intent: {
          imageId: "ami-old",
          name: "web",
          successorSnapshotId: "snap-new",
          mappings: [{ deviceName: "/dev/sda1", snapshotId: "snap-source01", sizeGib: 10 }],
          bootModes: ["legacy"],
          tags: [{ key: "a", value: "b" }],
        },
      },
      { type: "result", id: "ami-old" },
    ]);
    expect(fake.ui.of("say")).toEqual(["Deregistering the old OMI ami-old (web)..."]);
  });

  it("stays in charge of the old OMI when the deletion fails", async () => {
    const deleteImage = () => {
      throw refusal("DeleteImage");
    };
    await using fake = await fakeBuild({ api: { readImages: () => ({ Images: [old] }), deleteImage } });
    const input = { name: "web", successorSnapshotId: "snap-new", undo: fake.scope };
    await expect(deregisterOmi(fake.build, input)).rejects.toMatchObject({ step: "StepDeregisterOMI" });
    expect([fake.scope.size, fake.build.journal.hasOpenResources]).toEqual([1, true]);
    await fake.scope[Symbol.asyncDispose]();
    expect(fake.build.journal.hasOpenResources).toBe(false);
  });

  it("waits until it is gone, once that is asked for, although the build is cancelled then", async () => {
    const present = [old];
    let looks = 0;
    const readImages = () => {
      if (++looks === 4) present.pop();
      return { Images: [...present] };
    };
    await using fake = await fakeBuild({
      api: { readImages, deleteImage: () => void fake.controller.abort(new CancelledError("Stopped")) },
    });
    const input = { name: "web", successorSnapshotId: "snap-new", undo: fake.scope };
    expect(await deregisterOmi(fake.build, input)).toBe(old);
    expect(looks).toBe(4);
  });

  it("does not ask for it once the build is cancelled", async () => {
    const readImages = () => {
      fake.controller.abort(new CancelledError("Stopped"));
      return { Images: [old] };
    };
    await using fake = await fakeBuild({ api: { readImages } });
    const input = { name: "web", successorSnapshotId: "snap-new", undo: fake.scope };
    await expect(deregisterOmi(fake.build, input)).rejects.toThrow(CancelledError);
    expect(fake.calls.map(([name]) => name)).not.toContain("deleteImage");
  });
});
