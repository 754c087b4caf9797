import { CancelledError, ChrootError, messageOf, throwIfCancelled } from "../../common/errors.ts";
import type { ObjectStorage } from "../../outscale/object-storage/object-storage.ts";
import { StorageError, storageFailureOf } from "../../outscale/object-storage/storage-error.ts";
import { filesOf } from "../bundle/manifest.ts";
import { type FleetQueue, KEPT_SECONDS } from "../queue/fleet-queue.ts";
import { readSchedules } from "../schedule/schedule.ts";
import { type BookedObject, ObjectBook } from "./object-book.ts";

export interface TrimInput {
  readonly queue: FleetQueue;
  /** Asked for when there is something to remove. */
  readonly storage: () => Promise<ObjectStorage>;
  /** Looks at this bucket alone: the keys are for no other. */
  readonly bucket?: string;
  readonly now: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Removes the objects that no build needs any more, and what is left of those that never became whole. What a schedule needs
 * stays, however long nobody was there to obey it.
 * @returns why some of them stay, and what can be done about it, by their buckets; whoever comes next tries again
 * @throws {CancelledError} when the signal fires
 */
export async function trimObjects(input: TrimInput): Promise<ReadonlyMap<string, string>> {
  const { queue, storage, bucket, now, signal } = input;
  const book = new ObjectBook(queue);
  let unknown = await takeOver(queue, book, now);
  const problems = new Map<string, string>();
  for (const name of await book.going()) {
    const object = await book.read(name);
    if (object === undefined) {
      unknown++;
      continue;
    }
    // A bucket that has refused once would refuse all, each after some patience.
    if ((bucket !== undefined && object.bucket !== bucket) || problems.has(object.bucket)) continue;
    throwIfCancelled(signal);
    try {
      await remove(await storage(), object, signal);
      await book.forget(object);
    } catch (error) {
      if (error instanceof CancelledError) throw error;
      const problem = `What no build needs any more stays in the bucket ${object.bucket}: ${messageOf(error)}`;
      problems.set(object.bucket, `${problem}; ${nextStep(error)}`);
    }
  }
  if (unknown > 0 && bucket === undefined)
    problems.set(
      OTHER_KEY,
      `Objects that were noted with another fleet key stay (${unknown}): workers with that key remove them`,
    );
  return problems;
}

/** In the place of a bucket's name. */
const OTHER_KEY = "another key";

const RIGHTS =
  "give the keys s3:ListBucketMultipartUploads on the bucket, and s3:AbortMultipartUpload and s3:DeleteObject on its objects (where it keeps versions, s3:ListBucketVersions and s3:DeleteObjectVersion, too), or leave it to others that have them";

function nextStep(error: unknown): string {
  if (error instanceof StorageError && error.failure.httpStatus === 403) return RIGHTS;
  return (error instanceof ChrootError && error.hint) || "it is tried again by whoever looks next";
}

/** Those of another key are another fleet's, whose schedules cannot be seen. @returns how many they are */
async function takeOver(queue: FleetQueue, book: ObjectBook, now: number): Promise<number> {
  const over = await book.over(now);
  if (over.length === 0) return 0;
  let unknown = 0;
  const needed = await neededBySchedules(queue, book, now);
  for (const name of over) {
    if (needed.has(name)) await book.keep(name, KEPT_SECONDS);
    else if ((await book.read(name)) !== undefined) await book.take(name, now);
    else unknown++;
  }
  return unknown;
}

async function neededBySchedules(queue: FleetQueue, book: ObjectBook, now: number): Promise<ReadonlySet<string>> {
  const schedules = (await readSchedules(queue)).filter(({ until }) => until > now);
  const files = schedules.flatMap(({ jobs }) => jobs.flatMap(({ manifest }) => filesOf(manifest)));
  const addresses = new Set(files.flatMap(({ store, address }) => (store === "bucket" ? [address] : [])));
  const names = new Set<string>();
  for (const address of addresses) {
    const object = await book.find(address);
    if (object !== undefined) names.add(object.name);
  }
  return names;
}

/** With what was sent of it before its submitter died. */
async function remove(
  storage: ObjectStorage,
  { bucket, key }: BookedObject,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    for await (const upload of storage.uploads(bucket, key, { signal }))
      if (upload.key === key) await storage.abort(upload, { signal });
    await storage.remove({ bucket, key }, { signal });
  } catch (error) {
    if (storageFailureOf(error)?.storageCode !== "NoSuchBucket") throw error;
  }
}
