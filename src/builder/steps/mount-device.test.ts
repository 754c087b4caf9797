import { describe, expect, it } from "vitest";
import { rootVolume } from "../../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { fakeImage } from "../../../tests/support/builder/fake-image.ts";
import { recordingRunner } from "../../../tests/support/builder/recording-runner.ts";
import { DeviceError } from "../../common/errors.ts";
import { mountDevice } from "./mount-device.ts";

// What it does with real disks is in tests/end-to-end/layouts.test.ts: mounting needs root.
describe("mountDevice()", () => {
  it("mounts nothing and makes no folder when the volume's device is none", async () => {
    await using fake = await fakeBuild();
    const runner = recordingRunner();
    const image = fakeImage({ folder: `${fake.folder}/mnt/xvdf`, runner });
    const input = { image, volume: rootVolume, source: undefined, mounted: fake.scope };
    const failure = await mountDevice(fake.build, input).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DeviceError);
    expect(failure).toMatchObject({ step: "StepMountDevice", message: '"/dev/null" is not a block device' });
    expect([runner.lines, fake.entries(), fake.scope.size]).toEqual([[], [], 0]);
  });
});
