import { z } from "zod";
import { noFacts, type ReleaseContext, type ResourceKind } from "../resource-kind.ts";
import { deleteImage, snapshotIdsOf } from "./image.ts";
import { deleteSnapshot } from "./snapshot.ts";

/** An OMI that is being removed with its own snapshots: those that are left when it is gone. */
const intent = z.strictObject({
  imageId: z.string().min(1),
  name: z.string().min(1),
  snapshotIds: z.array(z.string().min(1)),
});

/** To release it is to finish: an OMI that still stands is left as it is, whole; of one that is gone the snapshots go. */
export const prunedImageKind: ResourceKind<z.infer<typeof intent>, z.infer<typeof noFacts>> = {
  name: "pruned-image",
  intent,
  facts: noFacts,
  releaseLabel: (id, { name }) => `Finishing the removal of the OMI ${id} (${name})`,
  find: async (_context, { imageId }) => imageId,
  release: async (context, { id, intent: { snapshotIds } }) => {
    const { Images } = await context.api.readImages({ Filters: { ImageIds: [id] } }, { signal: context.signal });
    const image = Images.find(({ ImageId }) => ImageId === id);
    if (image !== undefined && image.State !== "deleting") {
      context.ui.message(`${id} is still there, with its snapshots`);
      return;
    }
    if (image !== undefined) await deleteImage(context, id); // it is going: until then it maps them
    for (const snapshotId of snapshotIds) await deleteUnused(context, snapshotId);
  },
};

/** Of another OMI it may be the disk, even if it was not a moment ago. */
async function deleteUnused(context: ReleaseContext, snapshotId: string): Promise<void> {
  const user = await findMapper(context, snapshotId);
  if (user === undefined) await deleteSnapshot(context, snapshotId);
  else context.ui.message(`Keeping the snapshot ${snapshotId}: ${user} uses it`);
}

/** An OMI that has the snapshot as one of its disks, besides some that do not count. */
export async function findMapper(
  { api, signal }: Pick<ReleaseContext, "api" | "signal">,
  snapshotId: string,
  besides: readonly string[] = [],
): Promise<string | undefined> {
  const { Images } = await api.readImages({ Filters: { BlockDeviceMappingSnapshotIds: [snapshotId] } }, { signal });
  return Images.find((image) => !besides.includes(image.ImageId) && snapshotIdsOf(image).includes(snapshotId))?.ImageId;
}
