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
import { deleteSnapshot } from "./resources/snapshot.ts";

/** Deletes what a build has made, with a connection of its own: an artifact outlives its build. @throws {ApiError} */
export async function destroyProduct(
  access: Access,
  product: Product | undefined,
  { clock = systemClock, log = noLog, env = process.env }: BuilderOptions,
): Promise<void> {
  if (product === undefined) return;
  await using api = createApi({ access, clock, log, env });
  using deadline = releaseDeadline(new AbortController().signal);
  const waiters = createWaiters({ api, clock, log, ...defaultWaiting });
  await deleteImage({ api, waiters, signal: deadline.signal }, product.imageId);
  for (const snapshotId of product.snapshotIds) await deleteSnapshot({ api, signal: deadline.signal }, snapshotId);
}
