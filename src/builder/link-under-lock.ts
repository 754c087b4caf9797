import { isAmbiguous, isConflict } from "../outscale/errors.ts";
import type { Build } from "./build.ts";
import type { Scope } from "./scope.ts";
import type { RootVolume } from "./steps/create-volume.ts";
import { releaseDeviceLock } from "./steps/early-unflock.ts";
import { takeDeviceLock } from "./steps/flock.ts";
import { type LinkedDevice, linkVolume } from "./steps/link-volume.ts";
import { prepareDevice } from "./steps/prepare-device.ts";
import type { BuilderVm } from "./steps/vm-info.ts";

interface LinkUnderLockInput {
  readonly vm: BuilderVm;
  readonly volume: RootVolume;
  readonly linked: Scope;
}

const NAME_ATTEMPTS = 5;

/**
 * What must be exclusive on this VM, and no more: choosing the device name and linking; and seeing the device, unless it
 * proves by itself which one it is. A name that somebody outside the lock took in the meantime is no failure: the next
 * one is tried.
 */
export async function linkUnderLock(build: Build, { vm, volume, linked }: LinkUnderLockInput): Promise<LinkedDevice> {
  const lock = await takeDeviceLock(build);
  const taken: string[] = [];
  let isAccepted = false;
  const onAccepted = () => {
    isAccepted = true;
    return lock.passOn();
  };
  try {
    for (;;) {
      const choice = await prepareDevice(build, { vm, taken });
      try {
        return await linkVolume(build, { vm, volume, choice, linked, onAccepted });
      } catch (error) {
        const isTaken = isConflict(error) && !isAmbiguous(error) && build.config.devicePath === undefined;
        if (!isTaken || isAccepted || taken.push(choice.deviceName) === NAME_ATTEMPTS) throw error;
      }
    }
  } finally {
    // By now the device is here, where the original sees it. The cancelled build gives it back too, which a step would refuse to do.
    if (build.signal.aborted) await lock.release();
    else await releaseDeviceLock(build, { lock });
  }
}
