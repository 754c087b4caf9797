import { acquireDeviceLock, type DeviceLock, deviceLockOf } from "../../host/device-lock.ts";
import type { Build } from "../build.ts";
import { step } from "../step.ts";

/**
 * Takes this VM's device lock, which the original's builds take too. It covers choosing the device name, linking, and
 * seeing the device, and nothing that takes long.
 * @throws {TimeoutError} when another build keeps it past `timeouts.lock`
 */
export const takeDeviceLock = step(
  "StepFlock",
  async ({ config, clock, signal, ui, emit, currentStep }: Build): Promise<DeviceLock> => {
    const timeoutMs = config.timeouts.lock;
    return acquireDeviceLock({
      path: deviceLockOf(config.deviceFolder),
      timeoutMs,
      clock,
      signal,
      onWait: (message) => {
        ui.say(message);
        const wait = { subject: "the device lock", state: "taken", percent: undefined, elapsedMs: 0, timeoutMs };
        emit({ type: "progress", step: currentStep.name, ...wait });
      },
    });
  },
);
