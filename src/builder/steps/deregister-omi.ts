import type { Image } from "../../outscale/oapi.ts";
import type { Build } from "../build.ts";
import { deleteImage } from "../resources/image.ts";
import { describeImage, replacedImageKind } from "../resources/replaced-image.ts";
import type { Scope } from "../scope.ts";
import { step } from "../step.ts";

/**
 * Deletes the account's own OMI that has the new one's name. From here until the new one is registered, the scope
 * brings the old one back over its untouched snapshots, should anything fail.
 */
export const deregisterOmi = step(
  "StepDeregisterOMI",
  async (build: Build, { old, undo }: { readonly old: Image; readonly undo: Scope }): Promise<void> => {
    build.ui.say(`Deregistering the old OMI ${old.ImageId} (${old.ImageName})...`);
    undo.adopt(replacedImageKind, describeImage(old), old.ImageId);
    await deleteImage(build, old.ImageId);
  },
);
