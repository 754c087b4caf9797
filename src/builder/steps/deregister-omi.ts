import type { Image } from "../../outscale/oapi.ts";
import type { Build } from "../build.ts";
import { findOwnImage } from "../resources/image.ts";
import { deleteReplaced, describeImage, replacedImageKind } from "../resources/replaced-image.ts";
import type { Scope } from "../scope.ts";
import { step } from "../step.ts";

export interface DeregisterOmiInput {
  readonly name: string;
  /** The root snapshot of the OMI that takes the name. */
  readonly successorSnapshotId: string;
  readonly undo: Scope;
}

/**
 * Deletes the account's own OMI that has the new one's name. From here until the new one is registered, the scope
 * brings the old one back over its untouched snapshots, should anything fail.
 * @returns the OMI as it was in the end: what was changed on it during the build counts
 */
export const deregisterOmi = step(
  "StepDeregisterOMI",
  async (build: Build, { name, successorSnapshotId, undo }: DeregisterOmiInput): Promise<Image | undefined> => {
    const old = await findOwnImage(build, name);
    if (old === undefined) return undefined;
    build.ui.say(`Deregistering the old OMI ${old.ImageId} (${name})...`);
    undo.adopt(replacedImageKind, describeImage(old, successorSnapshotId), old.ImageId);
    await deleteReplaced(build, old.ImageId);
    return old;
  },
);
