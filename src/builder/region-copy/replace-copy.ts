import type { Image } from "../../outscale/oapi.ts";
import { findOwnImage } from "../resources/image.ts";
import { deleteReplaced, describeImage } from "../resources/replaced-image.ts";
import type { RunContext } from "../run-context.ts";
import type { Scope } from "../scope.ts";
import type { ImportedDisks } from "./import-image.ts";
import type { RegionCloud } from "./region-clouds.ts";
import { regionReplacedImageKind } from "./region-kinds.ts";
import { rootSnapshotOf } from "./register-copy.ts";

export interface MakeRoomInput {
  readonly cloud: RegionCloud;
  /** Brings the old OMI back if its successor cannot be registered. */
  readonly undo: Scope;
  readonly disks: ImportedDisks;
  /** What is copied. */
  readonly image: Image;
  /** The name that its copy will have. */
  readonly name: string;
}

/**
 * Deletes the OMI of another region that has the name, when all of its successor is there but the registration.
 * @returns the OMI as it was in the end; undefined when nobody has the name any more
 */
export async function makeRoom(context: RunContext, input: MakeRoomInput): Promise<Image | undefined> {
  const { cloud, undo, disks, image, name } = input;
  const { api, waiters, place } = cloud;
  const there = { ...context, api, waiters, accountId: place.accountId };
  const old = await findOwnImage(there, name);
  if (old === undefined) return undefined;
  const successorSnapshotId = rootSnapshotOf(image, disks);
  context.ui.say(`Deregistering the old OMI ${old.ImageId} (${old.ImageName}) in ${place.region}...`);
  undo.adopt(regionReplacedImageKind, { place, thing: describeImage(old, successorSnapshotId) }, old.ImageId);
  await deleteReplaced(there, old.ImageId);
  return old;
}
