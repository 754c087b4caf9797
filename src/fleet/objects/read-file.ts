import { FleetError } from "../../common/errors.ts";
import type { ObjectStorage } from "../../outscale/object-storage/object-storage.ts";
import { isStorageNotFound, storageFailureOf } from "../../outscale/object-storage/storage-error.ts";
import type { ManifestFile } from "../bundle/manifest.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { ObjectBook } from "./object-book.ts";
import { openFrames } from "./sealed-frames.ts";

export interface ReadInput {
  readonly queue: FleetQueue;
  /** Asked for when a file is in a bucket. */
  readonly storage: () => Promise<ObjectStorage>;
  readonly signal: AbortSignal;
}

/**
 * The content of a packed file, piece by piece, from wherever it is.
 * @throws {FleetError} when it is not there any more, may not be read, or is not what was sealed
 * @throws {StorageError} when the bucket fails otherwise, which may pass
 */
export async function* readFile(file: ManifestFile, { queue, storage, signal }: ReadInput): AsyncGenerator<Buffer> {
  const { address, bytes, path } = file;
  if (file.store === undefined) {
    const content = await queue.readContent(address);
    if (content === undefined) throw gone(path, "the queue");
    yield content;
    return;
  }
  const object = await new ObjectBook(queue).find(address);
  if (object === undefined) throw gone(path, "the bucket");
  try {
    const pieces = (await storage()).get(object, { signal });
    yield* openFrames(pieces, { queue, object, bytes });
  } catch (error) {
    if (isStorageNotFound(error)) throw gone(path, `the bucket ${object.bucket}`, error);
    const status = storageFailureOf(error)?.httpStatus;
    if (status !== 401 && status !== 403) throw error;
    throw new FleetError(`The worker may not read "${path}" of the bundle in the bucket ${object.bucket}`, {
      cause: error,
      hint: "give workers keys that may, with -bundle-profile, or name a bucket of their own account",
    });
  }
}

function gone(path: string, where: string, cause?: unknown): FleetError {
  const hint = "build the template again, or add its schedule again: it is sent anew";
  return new FleetError(`"${path}" of the bundle is not in ${where} any more`, { cause, hint });
}
