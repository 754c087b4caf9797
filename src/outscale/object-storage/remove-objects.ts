import type { ObjectPlace } from "./addresses.ts";
import { isVersioned, type PlacedVersions, removeVersions } from "./bucket-versions.ts";
import { deleteObject, deleteObjects } from "./delete-objects.ts";
import { listObjects } from "./list-objects.ts";
import type { StorageConnection } from "./storage-connection.ts";
import { StorageError, storageFailureOf } from "./storage-error.ts";

export interface Below {
  readonly bucket: string;
  readonly prefix: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Removes every object whose key begins with a prefix, with all of its versions where the bucket keeps them: a removal by key
 * would only hide it there, and it would be paid for for ever.
 * @throws {RangeError} for no prefix
 * @throws {StorageError} that says what stays
 */
export async function removeBelow(connection: StorageConnection, { bucket, prefix, signal }: Below): Promise<void> {
  if (prefix === "") throw new RangeError("Nobody removes all that a bucket has");
  if (await isVersioned(connection, bucket, signal)) return removeAll(connection, { bucket, prefix, signal });
  const keys: string[] = [];
  for await (const { key } of listObjects(connection, { bucket, prefix, signal })) keys.push(key);
  if (keys.length > 0) await deleteObjects(connection, { bucket, keys });
}

/** Removes an object as {@link removeBelow} does. */
export async function removeObject(
  connection: StorageConnection,
  place: ObjectPlace,
  signal?: AbortSignal,
): Promise<void> {
  const { bucket, key } = place;
  if (!(await isVersioned(connection, bucket, signal))) return deleteObject(connection, place, signal);
  return removeAll(connection, { bucket, prefix: key, isOne: true, signal });
}

async function removeAll(connection: StorageConnection, versions: PlacedVersions): Promise<void> {
  try {
    await removeVersions(connection, versions);
  } catch (error) {
    const failure = storageFailureOf(error);
    if (failure?.httpStatus !== 403) throw error;
    const { bucket, prefix } = versions;
    throw new StorageError(failure, `Versions of objects stay in the bucket ${bucket} below "${prefix}"`, {
      cause: error,
      hint: "The bucket keeps versions: give the keys s3:ListBucketVersions and s3:DeleteObjectVersion, or have its owner remove them",
    });
  }
}
