import type { BuildConfig } from "../config/build-config.ts";
import type { Image } from "../outscale/oapi.ts";
import type { Build } from "./build.ts";
import { readOwnSnapshots } from "./old-snapshots.ts";
import { mergeMappings } from "./omi-mappings.ts";
import type { ProductMark } from "./product-tags.ts";
import type { Product, ProductCopy } from "./publish-omi.ts";
import { copyWishOf } from "./region-copy/copy-wish.ts";
import { finishBuild } from "./region-copy/finish-build.ts";
import { RegionCopyError } from "./region-copy/region-copy-error.ts";
import { snapshotIdsOf } from "./resources/image.ts";
import { checkRegions, type Regions, type TargetRegion } from "./steps/check-regions.ts";
import type { SourceOmi } from "./steps/check-root-device.ts";
import { copyRegions } from "./steps/copy-regions.ts";

/**
 * The way into the regions of `omi_regions`, seen before anything is made; undefined where there are none.
 * @throws {ConfigError} as {@link checkRegions}
 */
export async function findWay(
  build: Build,
  { omiName, source }: { readonly omiName: string; readonly source: SourceOmi | undefined },
): Promise<Regions | undefined> {
  const { config, targets } = build;
  if (targets.length === 0) return undefined;
  const ofSource = source?.image.ProductCodes ?? [];
  const regions = await checkRegions(build, {
    omiName,
    snapshots: productSnapshots(config, source),
    productCodes: config.productCodes.length > 0 ? config.productCodes : ofSource,
    unchangedDigest: undefined,
  });
  // From the moment at which the OMI is published, somebody else may have to finish it.
  build.journal.copies(copyWishOf(config));
  return regions;
}

/** The same for an OMI that was made before: it may have all its copies. */
export async function findWayOf(build: Build, image: Image, { digest }: ProductMark): Promise<Regions | undefined> {
  if (build.targets.length === 0) return undefined;
  return checkRegions(build, {
    omiName: image.ImageName,
    snapshots: new Set(snapshotIdsOf(image)).size,
    productCodes: image.ProductCodes ?? [],
    unchangedDigest: digest,
  });
}

/** How many snapshots the OMI will map. */
export function productSnapshots(
  { omiBlockDeviceMappings }: Pick<BuildConfig, "omiBlockDeviceMappings">,
  source: SourceOmi | undefined,
): number {
  const mappings = mergeMappings(source?.image.BlockDeviceMappings ?? [], omiBlockDeviceMappings);
  // From scratch the root has none yet.
  return Math.max(1, new Set(snapshotIdsOf({ BlockDeviceMappings: mappings })).size);
}

interface CopyToRegionsInput {
  readonly product: Product;
  /** Undefined where none are asked for. */
  readonly regions: Regions | undefined;
  readonly mark: ProductMark | undefined;
}

/** A product with its copies; and why it has not all of them. */
export interface CopiedProduct {
  readonly product: Product;
  readonly failure?: unknown;
}

/** Brings the published OMI into its other regions. It stands: what goes wrong here takes nothing back. */
export async function copyToRegions(build: Build, input: CopyToRegionsInput): Promise<CopiedProduct> {
  const { product, regions, mark } = input;
  if (regions === undefined) return { product };
  const copies = new Map<string, ProductCopy>();
  let attempts = 0;
  const result = () => ({ ...product, copies: [...copies.values()] });
  try {
    for (const target of regions.targets) await notePresent(build, target, copies);
    await copyRegions(build, { product, regions, mark, copies, nextAttempt: () => ++attempts });
    return { product: result() };
  } catch (failure) {
    tellMissing(build, { product: result(), regions, failure });
    return { product: result(), failure };
  }
}

interface MissingInput {
  readonly product: Product;
  readonly regions: Regions;
  readonly failure: unknown;
}

function tellMissing(build: Build, { product, regions, failure }: MissingInput): void {
  const { imageId, name, copies = [] } = product;
  const has = (region: string) => copies.some((copy) => copy.region === region);
  const missing = regions.targets.map(({ cloud }) => cloud.place.region).filter((region) => !has(region));
  if (missing.length === 0) return;
  build.warn(`${imageId} (${name}) stays in ${build.region}, without a copy in ${missing.join(", ")}`);
  // That of the copies has it in its hint.
  if (!(failure instanceof RegionCopyError)) build.warn(`To finish it: ${finishBuild(build, imageId, missing)}`);
}

/** A copy that was there before, of an OMI that was not built again. */
async function notePresent(
  build: Build,
  { cloud, present }: TargetRegion,
  copies: Map<string, ProductCopy>,
): Promise<void> {
  if (present === undefined) return;
  const { region, accountId } = cloud.place;
  build.ui.message(`${present.ImageId} (${present.ImageName}) is the copy in ${region}, and has not changed`);
  const there = { ...build, api: cloud.api, accountId };
  const snapshotIds = await readOwnSnapshots(there, [...new Set(snapshotIdsOf(present))]);
  copies.set(region, { region, accountId, imageId: present.ImageId, snapshotIds, isReused: true });
}
