import { UsageError } from "../../../common/errors.ts";
import { requireBucketName } from "../../bucket-name.ts";
import type { Flags, FlagValues } from "../../flags.ts";

/** The bucket that an OMI goes through. */
export const bucketFlags = {
  bucket: { type: "string", value: "NAME", about: "a bucket of the account, in the OMI's region" },
  prefix: { type: "string", value: "TEXT", about: "the exported objects go below it; outscale-chroot by default" },
  "create-bucket": { type: "boolean", about: "makes the bucket if it is not there" },
} as const satisfies Flags;

const DEFAULT_PREFIX = "outscale-chroot";

/** @throws {UsageError} without a bucket, or for what is no bucket's name */
export function bucketOf({
  bucket,
  prefix = DEFAULT_PREFIX,
  "create-bucket": createBucket = false,
}: FlagValues<typeof bucketFlags>) {
  if (bucket === undefined) {
    throw new UsageError("No bucket is named", {
      hint: "Give -bucket NAME, and -create-bucket if it is not there yet",
    });
  }
  return { bucket: requireBucketName(bucket), prefix, createBucket };
}
