import { z } from "zod";
import type { Api } from "../../outscale/api.ts";
import { insist } from "../../outscale/insist.ts";
import type { Image } from "../../outscale/oapi.ts";
import { readMade } from "../made.ts";
import { noFacts, type ReleaseContext, type ResourceKind } from "../resource-kind.ts";
import { ignoreNotFound } from "./not-found.ts";
import { deleteSnapshot, readMadeSnapshot } from "./snapshot.ts";
import { tellWentBack } from "./tell-went-back.ts";

/** An OMI that we register over a snapshot of ours. The name alone proves nothing: somebody else may have taken it. */
const imageIntent = z.strictObject({ name: z.string().min(1), rootSnapshotId: z.string().min(1) });

export const imageKind: ResourceKind<z.infer<typeof imageIntent>, z.infer<typeof noFacts>> = {
  name: "image",
  intent: imageIntent,
  facts: noFacts,
  releaseLabel: (id, { name }) => `Deregistering the OMI ${id} (${name})`,
  find: async (context, { name, rootSnapshotId }) => {
    const image = await findOwnImage(context, name);
    return image && snapshotIdsOf(image).includes(rootSnapshotId) ? image.ImageId : undefined;
  },
  release: async (context, held) => {
    if ((await readMadeImage(context, held)) !== undefined) await deleteImage(context, held.id);
  },
};

/** An image of ours, which may not be shown yet; undefined when it is gone. */
export async function readMadeImage(
  context: ReleaseContext,
  { id, madeAt }: { readonly id: string; readonly madeAt: number },
): Promise<Image | undefined> {
  const { api, waiters, signal } = context;
  const made = { what: `the OMI ${id}`, madeAt, wasSeen: waiters.hasSeen(id) };
  return readMade(context, made, async () => {
    return (await api.readImages({ Filters: { ImageIds: [id] } }, { signal })).Images[0];
  });
}

/** A whole image copied into the account, since its root snapshot may not be used in place. */
const copiedImageIntent = z.strictObject({ name: z.string().min(1) });
const copiedImageFacts = z.strictObject({
  snapshotIds: z.array(z.string()).optional(),
  /** Those that the new OMI maps: somebody else is in charge of them. */
  keptSnapshotIds: z.array(z.string()).optional(),
});

export type CopiedImageFacts = z.infer<typeof copiedImageFacts>;

export const copiedImageKind: ResourceKind<z.infer<typeof copiedImageIntent>, CopiedImageFacts> = {
  name: "copied-image",
  intent: copiedImageIntent,
  facts: copiedImageFacts,
  releaseLabel: (id) => `Deleting the temporary copy ${id} and its snapshots`,
  find: async (context, { name }) => (await findOwnImage(context, name))?.ImageId,
  release: async (context, { id, facts, madeAt }) => {
    const image = await readMadeImage(context, { id, madeAt });
    const snapshotIds = new Set([...(image ? snapshotIdsOf(image) : []), ...(facts.snapshotIds ?? [])]);
    for (const kept of facts.keptSnapshotIds ?? []) snapshotIds.delete(kept);
    // The service refuses to delete a snapshot that an image still maps.
    if (image !== undefined) await deleteImage(context, id);
    for (const snapshotId of snapshotIds) {
      if (await readMadeSnapshot(context, { id: snapshotId, madeAt })) await deleteSnapshot(context, snapshotId);
    }
  },
};

/** The account's own image of that very name; the filter's `*` and other accounts' images do not count. */
export async function findOwnImage(
  { api, accountId, signal }: { readonly api: Pick<Api, "readImages"> } & Pick<ReleaseContext, "accountId" | "signal">,
  name: string,
): Promise<Image | undefined> {
  const filters = { AccountIds: [accountId], ImageNames: [name] };
  const { Images } = await api.readImages({ Filters: filters }, { signal });
  return Images.find((image) => image.ImageName === name && image.AccountId === accountId);
}

/** Deletes an image and waits until the service no longer lists it: only then its name and snapshots are free. */
export async function deleteImage(
  context: Pick<ReleaseContext, "api" | "waiters" | "signal"> & Partial<Pick<ReleaseContext, "ui">>,
  imageId: string,
): Promise<void> {
  const { api, waiters, signal } = context;
  await insist({
    ask: () => ignoreNotFound(api.deleteImage({ ImageId: imageId })),
    wait: () => waiters.image(imageId, { until: "deleted", signal }),
    onWentBack: tellWentBack(context),
  });
}

/** The part of an image, or of the request for one, that names its snapshots. */
export interface ImageMappings {
  readonly BlockDeviceMappings: readonly { readonly Bsu?: { readonly SnapshotId?: string | undefined } | undefined }[];
}

export function snapshotIdsOf(image: ImageMappings): string[] {
  return image.BlockDeviceMappings.flatMap(({ Bsu }) => (Bsu?.SnapshotId ? [Bsu.SnapshotId] : []));
}
