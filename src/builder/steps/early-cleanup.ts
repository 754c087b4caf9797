import { zeroFreeSpace } from "../../host/zero-free-space.ts";
import type { Build } from "../build.ts";
import type { OpenImage } from "../open-image.ts";
import type { Scope } from "../scope.ts";
import { step } from "../step.ts";

export interface CleanUpInput {
  readonly mounted: Scope;
  /** Unmounted once its free space is clean, with `zero_free_space`. */
  readonly image: OpenImage;
  /** The size of the scope when nothing but the root was mounted. */
  readonly rootOnly: number;
}

/**
 * Takes the chroot down while the build goes on: leftover processes stopped, files put back, everything unmounted.
 * @throws {LeftoverError} when something cannot be taken down; then the volume is not unlinked
 */
export const cleanUpEarly = step(
  "StepEarlyCleanup",
  async ({ ui, config, signal }: Build, { mounted, image, rootOnly }: CleanUpInput): Promise<void> => {
    if (config.zeroFreeSpace) {
      // Nobody writes to it any longer, and what was put there for the time of provisioning has gone.
      await mounted.releaseBackTo(rootOnly);
      ui.say("Overwriting the free space of the image...");
      for (const place of await zeroFreeSpace(image.mountPath, { view: image.view, signal })) {
        ui.message(place.slice(image.mountPath.length) || "/");
      }
    }
    ui.say("Unmounting the image...");
    await mounted[Symbol.asyncDispose]();
  },
);
