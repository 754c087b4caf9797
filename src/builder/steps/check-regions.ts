import { ConfigError } from "../../common/errors.ts";
import type { Access } from "../../outscale/access.ts";
import type { Image } from "../../outscale/oapi.ts";
import type { Build } from "../build.ts";
import { askTogether } from "../region-copy/ask-together.ts";
import { requireExport, requireRoom } from "../region-copy/check-target.ts";
import { requireFreeCodes } from "../region-copy/copy-image.ts";
import { checkBucket } from "../region-copy/open-bucket.ts";
import { openRegion } from "../region-copy/open-region.ts";
import type { RegionCloud } from "../region-copy/region-clouds.ts";
import { findOwnImage } from "../resources/image.ts";
import { step } from "../step.ts";
import { HOW_TO_REPLACE } from "./pre-validate.ts";
import { findMadeOf } from "./skip-unchanged.ts";

/** A region that is to have the OMI. */
export interface TargetRegion {
  readonly cloud: RegionCloud;
  /** The account's own OMI there that has the name, and is to be replaced. */
  readonly replaced: Image | undefined;
  /** A copy of what has not changed (`skip_unchanged`): nothing is to be done. */
  readonly present: Image | undefined;
}

/** The other regions, and the way to them. */
export interface Regions {
  /** The build's own region, with its buckets. */
  readonly source: RegionCloud;
  readonly targets: readonly TargetRegion[];
}

export interface CheckRegionsInput {
  readonly omiName: string;
  /** How many snapshots the OMI maps. */
  readonly snapshots: number;
  /** What the OMI will carry, or carries. */
  readonly productCodes: readonly string[];
  /** Of an OMI that has not changed: a copy with it needs no other. */
  readonly unchangedDigest: string | undefined;
}

const OPTION = "omi_regions";

/**
 * Makes sure that the OMI can get into the other regions before anything is made: regions, bucket, credentials, names and
 * quotas there.
 * @throws {ConfigError} with every problem at once
 * @throws {AuthError} when the credentials of a region are refused
 */
export const checkRegions = step(
  "StepCheckRegions",
  async (build: Build, input: CheckRegionsInput): Promise<Regions> => {
    const { config, regions, region, accountId, ui } = build;
    ui.say(`Checking the regions ${config.targetRegions.join(", ")}...`);
    await assertKnown(build);
    const source = await regions.at({ region, accountId, profile: null });
    const { snapshots, productCodes } = input;
    const { bucket = "", prefix, createBucket, method } = config.regionCopy;
    const isDiskByDisk = method === "snapshots";
    const [, , , ...targets] = await askTogether(
      [
        isDiskByDisk ? requireFreeCodes({ ImageId: "the OMI", ProductCodes: [...productCodes] }) : undefined,
        checkBucket(build, { source, bucket, prefix, createBucket }),
        requireExport(source, { snapshots, method, option: OPTION, signal: build.signal }),
        ...build.targets.map((access) => checkTarget(build, access, input)),
      ],
      { bucket: "region_copy", other: OPTION },
    );
    return { source, targets };
  },
);

/** @throws {ConfigError} for regions that the service does not have */
async function assertKnown({ api, config, signal }: Build): Promise<void> {
  if (config.skipRegionValidation) return;
  const { Regions } = await api.readRegions({}, { signal });
  const known = Regions.map(({ RegionName }) => RegionName);
  const unknown = config.targetRegions.filter((region) => !known.includes(region));
  if (unknown.length === 0) return;
  const message = `has ${unknown.map((region) => `"${region}"`).join(", ")}, which the service does not know`;
  const hint = `known are ${known.join(", ")}; if it is new, set skip_region_validation = true`;
  throw new ConfigError([{ option: OPTION, message, hint }]);
}

async function checkTarget(build: Build, access: Access, input: CheckRegionsInput): Promise<TargetRegion> {
  const cloud = await openRegion(build, access);
  const { place, api } = cloud;
  const there = { ...build, api, accountId: place.accountId };
  const digest = input.unchangedDigest;
  const present = digest === undefined ? undefined : await findMadeOf(there, digest);
  if (present !== undefined) return { cloud, present, replaced: undefined };
  const replaced = await findOwnImage(there, input.omiName);
  await askTogether(
    [
      replaced && assertReplaceable(build, place.region, replaced),
      requireRoom(cloud, { snapshots: input.snapshots, option: OPTION, signal: build.signal }),
    ],
    { bucket: OPTION, other: OPTION },
  );
  return { cloud, present, replaced };
}

async function assertReplaceable({ config, ui }: Build, region: string, replaced: Image): Promise<void> {
  const { ImageId, ImageName } = replaced;
  if (config.forceDeregister) {
    ui.message(`${ImageId} has this name in ${region} and will be replaced when its successor is there`);
    return;
  }
  const message = `the account already has an OMI named "${ImageName}" in ${region}: ${ImageId}`;
  throw new ConfigError([{ option: "omi_name", message }], {
    resourceId: ImageId,
    hint: HOW_TO_REPLACE,
  });
}
