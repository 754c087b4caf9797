import { z } from "zod";
import type { Image } from "../../outscale/oapi.ts";
import { readMade } from "../made.ts";
import type { ReleaseContext, ResourceKind } from "../resource-kind.ts";
import { deleteImage, findOwnImage, readMadeImage, snapshotIdsOf } from "../resources/image.ts";
import { deleteSnapshot, readMadeSnapshot } from "../resources/snapshot.ts";
import { elsewhere } from "./elsewhere.ts";

/** An image that the service makes of a manifest, under a name that nobody else has. */
const intent = z.strictObject({ name: z.string().min(1) });
const facts = z.strictObject({
  snapshotIds: z.array(z.string()).optional(),
  /** Somebody else is in charge of its snapshots. */
  areSnapshotsKept: z.boolean().optional(),
});

type ImportFacts = z.infer<typeof facts>;

const importedImage: ResourceKind<z.infer<typeof intent>, ImportFacts> = {
  name: "imported-image",
  intent,
  facts,
  releaseLabel: (id) => `Deleting the import ${id} and its snapshots`,
  find: async (context, { name }) => (await findOwnImage(context, name))?.ImageId,
  release: async (context, { id, facts, madeAt }) => {
    const image = await readMadeImage(context, { id, madeAt });
    const snapshotIds = new Set([
      ...(facts.snapshotIds ?? []),
      ...(image ? await begunSnapshots(context, image, madeAt) : []),
    ]);
    // The service refuses to delete a snapshot that an image still maps.
    if (image !== undefined) await deleteImage(context, id);
    if (facts.areSnapshotsKept) return;
    for (const snapshotId of snapshotIds) {
      if (await readMadeSnapshot(context, { id: snapshotId, madeAt })) await deleteSnapshot(context, snapshotId);
    }
  },
};

/** An import shows its snapshots once it has read its manifest: one that is deleted before could still begin them. */
async function begunSnapshots(context: ReleaseContext, image: Image, madeAt: number): Promise<readonly string[]> {
  const what = `the snapshots of the import ${image.ImageId}`;
  const begun = await readMade(context, { what, madeAt }, async () => {
    const { Images } = await context.api.readImages({ Filters: { ImageIds: [image.ImageId] } }, context);
    const now = Images[0] ?? image;
    const ids = snapshotIdsOf(now);
    return ids.length > 0 || now.State !== "pending" ? ids : undefined;
  });
  return begun ?? [];
}

export const importedImageKind = elsewhere(importedImage);
