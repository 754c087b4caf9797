import { acquireDeviceLock, type DeviceLock, deviceLockOf } from "../../host/device-lock.ts";
import type { Build } from "../build.ts";
import { step } from "../step.ts";

/**
 * Takes this VM's device lock, which the original's builds take too. It covers choosing the device name, linking, and
 * seeing the device, and nothing that takes long.
 * @throws {TimeoutError} when another build keeps it past `timeouts.lock`
 */
export const takeDeviceLock = step("StepFlock", async ({ config, clock, signal, ui }: Build): Promise<DeviceLock> => {
  return acquireDeviceLock({
    path: deviceLockOf(config.deviceFolder),
    timeoutMs: config.timeouts.lock,
    clock,
    signal,
    onWait: (message) => ui.say(message),
  });
});
