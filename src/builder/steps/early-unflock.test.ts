import { describe, expect, it } from "vitest";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { TimeoutError } from "../../common/errors.ts";
import { releaseDeviceLock } from "./early-unflock.ts";
import { takeDeviceLock } from "./flock.ts";

describe("releaseDeviceLock()", () => {
  it("lets the next build have it, and does no harm twice", async () => {
    await using fake = await fakeBuild({ config: { timeouts: { lock: "1s" } } });
    const lock = await takeDeviceLock(fake.build);
    await releaseDeviceLock(fake.build, { lock });
    const next = await takeDeviceLock(fake.build);
    await releaseDeviceLock(fake.build, { lock });
    await expect(takeDeviceLock(fake.build)).rejects.toThrow(TimeoutError);
    await next.release();
  });
});
