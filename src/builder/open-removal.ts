import { type CloudRun, type CloudRunOptions, openCloudRun } from "./open-cloud-run.ts";
import { deleteImage } from "./resources/image.ts";
import { prunedImageKind } from "./resources/pruned-image.ts";
import type { RunContext } from "./run-context.ts";
import { Scope } from "./scope.ts";

export interface RemovableImage {
  readonly imageId: string;
  readonly name: string;
  /** The account's own. */
  readonly snapshotIds: readonly string[];
}

/** A run that removes OMIs: what is half removed when it ends, `cleanup` finishes. */
export interface Removal extends CloudRun {
  /**
   * Deregisters an OMI and deletes its own snapshots, but for those that another OMI maps by now.
   * @throws {ApiError} when the OMI stands
   * @throws {LeftoverError} when snapshots are left
   */
  remove(image: RemovableImage): Promise<void>;
}

/**
 * Begins a run that removes OMIs.
 * @throws {AuthError} when the credentials are refused
 * @throws {JournalError} when the journal cannot be written
 */
export async function openRemoval(options: CloudRunOptions): Promise<Removal> {
  const run = await openCloudRun("omi prune", options);
  return Object.assign(run, { remove: (image: RemovableImage) => removeImage(run.context, image) });
}

async function removeImage(context: RunContext, { imageId, name, snapshotIds }: RemovableImage): Promise<void> {
  await using scope = new Scope("removal", context, { onFailure: "throw" });
  const lease = scope.adopt(prunedImageKind, { imageId, name, snapshotIds: [...snapshotIds] }, imageId);
  await deleteImage({ ...context, signal: new AbortController().signal }, imageId);
  await lease.release();
}
