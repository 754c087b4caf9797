import { describe, expect, it } from "vitest";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { CancelledError, TimeoutError } from "../../common/errors.ts";
import { takeDeviceLock } from "./flock.ts";

describe("takeDeviceLock()", () => {
  it("waits for another build until timeouts.lock, and says so once", async () => {
    await using fake = await fakeBuild({ config: { timeouts: { lock: "2s" } } });
    const lock = await takeDeviceLock(fake.build);
    await expect(takeDeviceLock(fake.build)).rejects.toThrow(TimeoutError);
    expect(fake.ui.of("say")).toEqual([
      expect.stringContaining(`Waiting for the device lock "${fake.build.config.deviceFolder}.lock"`),
    ]);
    await lock.release();
    await (await takeDeviceLock(fake.build)).release();
  });

  it("begins nothing in a build that is cancelled", async () => {
    await using fake = await fakeBuild();
    fake.controller.abort();
    await expect(takeDeviceLock(fake.build)).rejects.toThrow(CancelledError);
  });
});
