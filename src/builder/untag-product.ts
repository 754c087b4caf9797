import { messageOf } from "../common/errors.ts";
import type { Product } from "./publish-omi.ts";
import type { ReleaseContext } from "./resource-kind.ts";
import { RUN_TAG_KEY } from "./run-tag-key.ts";

/** Takes the tag of a dead run off the product that it was about to take it off. Without the right to it the tag stays. */
export async function untagProduct(
  { api, ui, runId }: Pick<ReleaseContext, "api" | "ui" | "runId">,
  { imageId, snapshotIds }: Product,
): Promise<void> {
  const tag = { Key: RUN_TAG_KEY, Value: runId };
  await api.deleteTags({ ResourceIds: [imageId, ...snapshotIds], Tags: [tag] }).catch((error: unknown) => {
    ui.warn(`The OMI ${imageId} still carries the tag of its run: ${messageOf(error)}`);
  });
}
