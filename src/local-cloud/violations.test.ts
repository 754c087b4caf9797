import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestCore, type TestCore } from "../../tests/support/local-cloud/test-core.ts";
import { recordUse } from "./violations.ts";

describe("violations", () => {
  let test: TestCore;
  let VolumeId: string;
  const seen = () => test.core.store.violations.values().map(({ action, volumeId }) => [action, volumeId]);

  beforeEach(async () => {
    test = await openTestCore();
    ({ VolumeId } = test.call("CreateVolume", { SubregionName: "eu-west-2a", Size: 1 }).Volume);
    await test.core.lifecycle.idle();
  });
  afterEach(async () => test[Symbol.asyncDispose]());

  const link = () => test.call("LinkVolume", { VmId: test.vmId, VolumeId, DeviceName: "/dev/xvdf" });

  it("are none when a volume is linked, unlinked, cut and deleted in order", async () => {
    link();
    await test.core.lifecycle.idle();
    test.call("UnlinkVolume", { VolumeId });
    await test.core.lifecycle.idle();
    test.call("CreateSnapshot", { VolumeId });
    await test.core.lifecycle.idle();
    test.call("DeleteVolume", { VolumeId });
    expect(seen()).toEqual([]);
  });

  it("record an unlink and a delete of a volume in use", async () => {
    link();
    await test.core.lifecycle.idle();
    test.disks.used.add(VolumeId);
    test.call("UnlinkVolume", { VolumeId });
    await test.core.lifecycle.idle();
    test.call("DeleteVolume", { VolumeId });
    expect(seen()).toEqual([
      ["UnlinkVolume", VolumeId],
      ["DeleteVolume", VolumeId],
    ]);
  });

  it("are kept up to a number, the newest last, each with so much text", async () => {
    link();
    await test.core.lifecycle.idle();
    test.disks.used.add(VolumeId);
    for (let count = 0; count < 1_100; count++) recordUse(test.core, `Call${count}`, VolumeId);
    const kept = test.core.store.violations.values();
    expect([kept.length, kept[0]?.action, kept.at(-1)?.action]).toEqual([1_000, "Call100", "Call1099"]);
    expect(Math.max(...kept.map(({ details }) => details.length))).toBeLessThanOrEqual(500);
  });

  it("record a link and a delete of a volume whose snapshot is not completed", () => {
    test.call("CreateSnapshot", { VolumeId });
    link();
    expect(seen()).toEqual([["LinkVolume", VolumeId]]);
  });
});
