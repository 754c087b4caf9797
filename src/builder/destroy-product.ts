import { systemClock } from "../common/clock.ts";
import { noLog } from "../common/log.ts";
import { defaultWaiting } from "../config/default-waiting.ts";
import type { Access } from "../outscale/access.ts";
import { createApi } from "../outscale/client.ts";
import { createWaiters } from "../outscale/waiters.ts";
import type { BuilderOptions } from "./builder.ts";
import type { Product } from "./publish-omi.ts";
import { releaseDeadline } from "./release-deadline.ts";
import { deleteImage } from "./resources/image.ts";
import { findMapper } from "./resources/pruned-image.ts";
import { deleteSnapshot } from "./resources/snapshot.ts";

type Destroyed = Pick<Product, "imageId" | "snapshotIds" | "olderSnapshotIds" | "isReused">;

/**
 * Deletes what a build has made, in every region, with connections of its own: an artifact outlives its build. What was there
 * before the build is not the build's to delete, nor what another OMI has been given since.
 * @param accesses The build's own first, then those of its other regions
 * @throws {ApiError}
 */
export async function destroyProduct(
  accesses: readonly [Access, ...Access[]],
  product: Product,
  options: BuilderOptions,
): Promise<void> {
  for (const copy of product.copies ?? []) {
    const access = accesses.find(({ region }) => region === copy.region);
    if (access !== undefined) await destroyIn(access, copy, options);
  }
  await destroyIn(accesses[0], product, options);
}

async function destroyIn(
  access: Access,
  { imageId, snapshotIds, olderSnapshotIds = [], isReused = false }: Destroyed,
  { clock = systemClock, log = noLog, env = process.env }: BuilderOptions,
): Promise<void> {
  if (isReused) return;
  await using api = createApi({ access, clock, log, env });
  using deadline = releaseDeadline(new AbortController().signal);
  const { signal } = deadline;
  const waiters = createWaiters({ api, clock, log, ...defaultWaiting });
  await deleteImage({ api, waiters, signal }, imageId);
  for (const snapshotId of snapshotIds.filter((id) => !olderSnapshotIds.includes(id))) {
    const user = await findMapper({ api, signal }, snapshotId, [imageId]);
    if (user === undefined) await deleteSnapshot({ api, signal }, snapshotId);
    else log.write({ kind: "note", message: `Keeping the snapshot ${snapshotId}: ${user} uses it` });
  }
}
