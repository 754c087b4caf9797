import type { Build } from "../build.ts";
import type { Scope } from "../scope.ts";
import { step } from "../step.ts";

/**
 * Takes the chroot down while the build goes on: leftover processes stopped, files put back, everything unmounted.
 * @throws {LeftoverError} when something cannot be taken down; then the volume is not unlinked
 */
export const cleanUpEarly = step(
  "StepEarlyCleanup",
  async ({ ui }: Build, { mounted }: { readonly mounted: Scope }): Promise<void> => {
    ui.say("Unmounting the image...");
    await mounted[Symbol.asyncDispose]();
  },
);
