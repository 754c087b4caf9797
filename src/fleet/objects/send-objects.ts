import { open } from "node:fs/promises";
import { FleetError, UsageError } from "../../common/errors.ts";
import type { ObjectStorage } from "../../outscale/object-storage/object-storage.ts";
import { storageFailureOf } from "../../outscale/object-storage/storage-error.ts";
import { inMib, type LargeFile } from "../bundle/pack-bundle.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { type BookedObject, type BundlePlace, ObjectBook } from "./object-book.ts";
import { SEALED_FRAME_BYTES, SealedFile, sealedBytes } from "./sealed-frames.ts";

/** A part is as many whole frames: it is sealed once, and sent again as it is. */
const PART_BYTES = 8 * SEALED_FRAME_BYTES;
const PARALLEL = 3;

export interface SendInput {
  readonly queue: FleetQueue;
  readonly storage: ObjectStorage;
  readonly place: BundlePlace;
  /** How long they are needed, at least. */
  readonly seconds: number;
  readonly say: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends the files that are not in the bucket yet, sealed; what is there stays longer.
 * @param files By the addresses of their contents
 * @throws {StorageError | StorageAuthError} when the bucket does not take one
 * @throws {UsageError} when one changes meanwhile
 */
export async function sendObjects(files: ReadonlyMap<string, LargeFile>, input: SendInput): Promise<void> {
  for (const [address, file] of files) {
    if (await isThere(address, file, input)) continue;
    const { place, say } = input;
    say(`Sending ${file.path} (${inMib(file.bytes)}) to the bucket ${place.bucket}...`);
    await send(address, file, input);
  }
}

/** The queue says so, and the bucket too: a rule of its own may have removed it. */
async function isThere(address: string, { bytes }: LargeFile, input: SendInput): Promise<boolean> {
  const { queue, storage, place, seconds, signal } = input;
  const book = new ObjectBook(queue);
  const object = await book.find(address);
  if (object?.bucket !== place.bucket || !(await book.keep(object.name, seconds))) return false;
  // Who may not list a bucket is not told that an object is missing.
  const info = await storage.head(object, { signal }).catch((error: unknown) => {
    if (storageFailureOf(error)?.httpStatus !== 403) throw error;
    return undefined;
  });
  return info?.sizeBytes === sealedBytes(bytes);
}

async function send(address: string, { path, bytes, sha256 }: LargeFile, input: SendInput): Promise<void> {
  const { queue, storage, place, seconds, signal } = input;
  const book = new ObjectBook(queue);
  const object = await book.begin(address, place);
  try {
    await using file = await open(path);
    const source = new SealedFile(file, bytes, queue, object);
    await storage.put(object, source, { partBytes: PART_BYTES, parallel: PARALLEL, signal });
    if (source.sha256() !== sha256) throw changed(path);
    if (!(await book.finish(object, seconds))) throw tooLate(path);
  } catch (error) {
    await giveUp(book, object);
    throw error;
  }
}

/** Should the queue be lost, too, its time ends by itself. */
async function giveUp(book: ObjectBook, object: BookedObject): Promise<void> {
  await book.giveUp(object).catch(() => undefined);
}

function changed(path: string): UsageError {
  return new UsageError(`"${path}" has changed while it was sent to the bucket`, {
    hint: "submit the build again when nobody writes to it",
  });
}

function tooLate(path: string): FleetError {
  return new FleetError(`Sending "${path}" took longer than a day, and what was sent is removed`, {
    hint: "submit the build again, from nearer to the bucket",
  });
}
