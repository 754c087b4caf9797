import { z } from "zod";
import type { BuildConfig } from "../../config/build-config.ts";

const text = z.string().min(1);

/** What a build was asked for about other regions, as its journal has it: with it somebody else can finish it. */
export const copyWishSchema = z.strictObject({
  regions: z.array(text),
  bucket: text,
  prefix: z.string(),
  createBucket: z.boolean(),
  keepObjects: z.boolean(),
  method: z.enum(["image", "snapshots"]),
  /** How the account is reached, where the template says it. */
  profile: text.nullable(),
  region: text.nullable(),
  endpoint: text.nullable(),
  regionProfiles: z.record(z.string(), text),
  omiAccountIds: z.array(text),
  omiIsPublic: z.boolean(),
  snapshotAccountIds: z.array(text),
  snapshotIsPublic: z.boolean(),
  /** Whether an OMI of the name gives way there, and its snapshots go; a journal of an earlier version says nothing of it. */
  isForced: z.boolean().default(false),
  areOldSnapshotsDeleted: z.boolean().default(false),
});
export type CopyWish = z.infer<typeof copyWishSchema>;

type CopyOptions = Pick<
  BuildConfig,
  | "targetRegions"
  | "regionCopy"
  | "regionProfiles"
  | "omiAccountIds"
  | "omiIsPublic"
  | "snapshotAccountIds"
  | "snapshotIsPublic"
  | "forceDeregister"
  | "forceDeleteSnapshot"
  | "profile"
  | "region"
  | "customEndpointOapi"
>;

export function copyWishOf(config: CopyOptions): CopyWish {
  const { bucket = "", prefix, createBucket, keepObjects, method } = config.regionCopy;
  const { omiIsPublic, snapshotIsPublic } = config;
  return {
    ...{ regions: [...config.targetRegions], bucket, prefix, createBucket, keepObjects, method },
    profile: config.profile || null,
    region: config.region || null,
    endpoint: config.customEndpointOapi || null,
    regionProfiles: { ...config.regionProfiles },
    ...{ omiAccountIds: [...config.omiAccountIds], omiIsPublic },
    ...{ snapshotAccountIds: [...config.snapshotAccountIds], snapshotIsPublic },
    ...{ isForced: config.forceDeregister, areOldSnapshotsDeleted: config.forceDeleteSnapshot },
  };
}
