import type { DeviceLock } from "../../host/device-lock.ts";
import type { Build } from "../build.ts";
import { step } from "../step.ts";

/** Gives the device lock back as soon as the device has been seen: the next build may choose its name. */
export const releaseDeviceLock = step(
  "StepEarlyUnflock",
  async (_build: Build, { lock }: { readonly lock: DeviceLock }): Promise<void> => lock.release(),
);
