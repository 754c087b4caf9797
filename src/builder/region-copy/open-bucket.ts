import { joinKey } from "../../outscale/object-storage/addresses.ts";
import { bytesSource } from "../../outscale/object-storage/object-source.ts";
import { StorageError, storageFailureOf } from "../../outscale/object-storage/storage-error.ts";
import type { RunContext } from "../run-context.ts";
import { Scope } from "../scope.ts";
import { createdBucketKind } from "./created-bucket.ts";
import { probeKind } from "./probe.ts";
import type { RegionCloud } from "./region-clouds.ts";

export interface BucketInput {
  /** The region of the image: its service writes to buckets of its own region. */
  readonly source: RegionCloud;
  readonly bucket: string;
  /** What is exported goes below it; empty for the bucket's top. */
  readonly prefix: string;
  /** Makes the bucket if it is not there. */
  readonly createBucket: boolean;
}

/**
 * Says whether a bucket can take an export, before anything is made.
 * @returns whether it is still to be created
 * @throws {StorageError} when it is not there, or cannot be written
 */
export async function checkBucket(context: RunContext, input: BucketInput): Promise<"found" | "absent"> {
  const found = await findBucket(input, context.signal);
  if (found === "found") await proveWritable(context, input);
  return found;
}

type BucketQuestion = Pick<BucketInput, "bucket" | "createBucket"> & {
  readonly source: Pick<RegionCloud, "storage" | "place">;
};

/**
 * The same as far as a look can tell: nothing is written.
 * @throws {StorageError} when it is not there and may not be made, or is another account's
 */
export async function findBucket(input: BucketQuestion, signal: AbortSignal): Promise<"found" | "absent"> {
  const { source, bucket, createBucket } = input;
  const { storage, place } = source;
  const found = await storage.findBucket(bucket, { signal });
  if (found === "found") return found;
  if (found === "absent" && createBucket) return found;
  const problem = found === "absent" ? "There is no bucket" : "The account may not use the bucket";
  const hint =
    found === "absent"
      ? "Name one that is there, or have it created (create_bucket, -create-bucket)"
      : `Name a bucket of the account ${place.accountId}: the names of all accounts of a region are in one list`;
  const failure = { operation: "HeadBucket", bucket, ambiguous: false };
  throw new StorageError(failure, `${problem} "${bucket}" in ${place.region}`, { hint });
}

/** Only a write shows whether writing is allowed. */
async function proveWritable(context: RunContext, { source, bucket, prefix }: BucketInput): Promise<void> {
  const { place, storage } = source;
  const key = joinKey(prefix, `${context.runId}.probe`);
  await using scope = new Scope("probe", context, { onFailure: "warn" });
  try {
    await scope.acquire(probeKind, { place, bucket, key }, async () => {
      // Without the signal: one that is stopped on its way may be written all the same.
      await storage.put({ bucket, key }, bytesSource(""));
      return `${bucket}/${key}`;
    });
  } catch (error) {
    const failure = storageFailureOf(error);
    if (failure?.httpStatus !== 403) throw error;
    const hint = "Name another bucket, or ask its owner for the right to write";
    throw new StorageError(failure, `The bucket "${bucket}" in ${place.region} cannot be written`, {
      cause: error,
      hint,
    });
  }
}

/**
 * Makes the bucket where it is not there; the scope removes it if it is empty then. One that another run has made meanwhile is
 * that run's.
 * @param seen What it was found to be a moment ago; it is asked about when absent
 */
export async function ensureBucket(
  context: RunContext,
  scope: Scope,
  { seen, ...input }: BucketInput & { readonly seen?: "found" | "absent" | undefined },
): Promise<void> {
  if ((seen ?? (await checkBucket(context, input))) === "found") return;
  const { source, bucket, prefix } = input;
  const { place, storage } = source;
  context.ui.say(`Creating the bucket ${bucket} in ${place.region}...`);
  let tries = 0;
  try {
    await scope.acquire(createdBucketKind, { place, bucket, prefix }, async () => {
      tries += 1;
      const outcome = await storage.createBucket(bucket, { signal: context.signal });
      // After a try whose answer was lost, it may be that one's.
      if (outcome === "owned" && tries === 1) throw new NotOurs();
      return bucket;
    });
  } catch (error) {
    if (!(error instanceof NotOurs)) throw error;
    context.ui.message(`The bucket ${bucket} is there by now: somebody else has made it, and this run leaves it`);
  }
}

/** Nothing was made. */
class NotOurs extends Error {}
