import { CancelledError, messageOf, throwIfCancelled } from "../../common/errors.ts";
import type { Image } from "../../outscale/oapi.ts";
import type { Build } from "../build.ts";
import { markProduct, type ProductMark } from "../product-tags.ts";
import type { Product, ProductCopy } from "../publish-omi.ts";
import { copyImage, type RegionCopy } from "../region-copy/copy-image.ts";
import { copyLook } from "../region-copy/copy-look.ts";
import { finishBuild } from "../region-copy/finish-build.ts";
import type { RegionCloud } from "../region-copy/region-clouds.ts";
import { type FailedRegion, RegionCopyError } from "../region-copy/region-copy-error.ts";
import { RegionProgress } from "../region-copy/region-progress.ts";
import { step } from "../step.ts";
import type { Regions, TargetRegion } from "./check-regions.ts";

export interface CopyRegionsInput {
  readonly product: Product;
  readonly regions: Regions;
  readonly mark: ProductMark | undefined;
  /** The copies that stand, by region: when the step is tried again, it goes on with the others. */
  readonly copies: Map<string, ProductCopy>;
  /** The number of the try that begins, from 1. */
  readonly nextAttempt: () => number;
}

/**
 * Copies the published OMI into the other regions: exported once, imported into all of them at the same time. What fails in
 * one region leaves the others as they are, and the OMI, too.
 * @throws {RegionCopyError} that names the regions without a copy, and the command that finishes it
 */
export const copyRegions = step("StepCopyRegions", async (build: Build, input: CopyRegionsInput): Promise<void> => {
  const { product, regions, copies } = input;
  const missing = regions.targets.filter(({ cloud }) => !copies.has(cloud.place.region));
  if (missing.length === 0) return;
  await build.mayPublish?.();
  const results = await copyInto(build, missing, input);
  for (const target of missing) {
    const result = results.find(({ region }) => region === target.cloud.place.region);
    if (result?.outcome !== "copied") continue;
    const { region, accountId, imageId, snapshotIds } = result;
    copies.set(region, { region, accountId, imageId, snapshotIds });
    for (const difference of result.differences) build.warn(`${imageId} in ${region} has ${difference}`);
  }
  const failed = results.flatMap((result) => (result.outcome === "copied" ? [] : [result]));
  if (failed.length === 0) return;
  if (failed.some(({ outcome }) => outcome === "cancelled")) tellStopped(build, failed);
  const without = failed.map(({ region }) => region);
  throw new RegionCopyError(failed, {
    retry: finishBuild(build, product.imageId, without),
    cleanup: `outscale-chroot cleanup ${build.runId}`,
  });
});

/**
 * Of a build that was stopped, that is what is told; but what had failed by then nobody would learn.
 * @throws {CancelledError}
 */
function tellStopped(build: Build, failed: readonly (FailedRegion & Pick<RegionCopy, "outcome">)[]): void {
  if (!build.signal.aborted) return;
  for (const { region, outcome, error } of failed)
    if (outcome === "failed") build.warn(`The copy failed in ${region}: ${messageOf(error)}`);
  throwIfCancelled(build.signal);
}

/** What became of each region. When nothing could be exported, that is what became of all. */
async function copyInto(
  build: Build,
  targets: readonly TargetRegion[],
  { product, regions, mark, nextAttempt }: CopyRegionsInput,
): Promise<readonly RegionCopy[]> {
  const { bucket = "", prefix, createBucket, keepObjects, method } = build.config.regionCopy;
  try {
    const image = await readProduct(build, product.imageId);
    const progress = new RegionProgress(build);
    const { omiAccountIds, omiIsPublic, snapshotAccountIds, snapshotIsPublic } = build.config;
    const look = {
      ...(await copyLook(build, image, { name: image.ImageName, signal: build.signal })),
      launch: { accountIds: omiAccountIds, isPublic: omiIsPublic },
      createVolume: { accountIds: snapshotAccountIds, isPublic: snapshotIsPublic },
    };
    return await copyImage(build, {
      ...{ source: regions.source, bucket, prefix, createBucket, keepObjects, method, image, attempt: nextAttempt() },
      targets: targets.map(({ cloud, replaced }) => ({
        ...{ cloud, look, replaced },
        mark: mark && ((imageId) => markThere(build, { cloud, imageId, mark })),
      })),
      oldSnapshots: { areDeleted: build.config.forceDeleteSnapshot, option: "force_delete_snapshot" },
      warn: (message) => build.warn(message),
      onProgress: (subject, wait) => progress.note(subject, wait),
    });
  } catch (error) {
    const outcome = error instanceof CancelledError ? "cancelled" : "failed";
    return targets.map(({ cloud }) => ({
      region: cloud.place.region,
      accountId: cloud.place.accountId,
      outcome,
      error,
      isSomethingLeft: false,
    }));
  }
}

interface MarkInput {
  readonly cloud: RegionCloud;
  readonly imageId: string;
  readonly mark: ProductMark;
}

/** What it was made of is in another region. */
function markThere(build: Build, { cloud: { api, place }, imageId, mark }: MarkInput): Promise<void> {
  return markProduct({ ...build, api, accountId: place.accountId }, imageId, { ...mark, sourceId: undefined });
}

async function readProduct({ api, signal }: Build, imageId: string): Promise<Image> {
  const { Images } = await api.readImages({ Filters: { ImageIds: [imageId] } }, { signal });
  const [image] = Images;
  if (image === undefined) throw new Error(`${imageId} is not there any more`);
  return image;
}
