import { UsageError } from "../common/errors.ts";
import { isBucketName } from "../outscale/object-storage/addresses.ts";

/** @throws {UsageError} for what is no bucket's name */
export function requireBucketName(bucket: string): string {
  if (isBucketName(bucket)) return bucket;
  const hint = "It has 3 to 63 lower-case letters, digits and hyphens";
  throw new UsageError(`"${bucket}" is no bucket's name`, { hint });
}
