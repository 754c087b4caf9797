import type { ObjectPlace } from "./addresses.ts";
import { isVersioned, type PlacedVersions, removeVersions } from "./bucket-versions.ts";
import { deleteObject, deleteObjects } from "./delete-objects.ts";
import { listObjects } from "./list-objects.ts";
import type { StorageConnection } from "./storage-connection.ts";
import { storageFailureOf, VersionsStayError } from "./storage-error.ts";

export interface Below {
  readonly bucket: string;
  readonly prefix: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Removes every object whose key begins with a prefix, with all of its versions where the bucket keeps them: a removal by key
 * would only hide it there, and it would be paid for for ever.
 * @throws {RangeError} for no prefix
 * @throws {VersionsStayError} when the bucket does not let us remove versions
 */
export async function removeBelow(connection: StorageConnection, below: Below): Promise<void> {
  const { bucket, prefix, signal } = below;
  if (prefix === "") throw new RangeError("Nobody removes all that a bucket has");
  if (await isVersioned(connection, bucket, signal)) {
    return removeAll(connection, { bucket, prefix, signal }, () => removeByKey(connection, below));
  }
  return removeByKey(connection, below);
}

async function removeByKey(connection: StorageConnection, { bucket, prefix, signal }: Below): Promise<void> {
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
  const hide = () => deleteObject(connection, place, signal);
  if (!(await isVersioned(connection, bucket, signal))) return hide();
  return removeAll(connection, { bucket, prefix: key, isOne: true, signal }, hide);
}

async function removeAll(
  connection: StorageConnection,
  versions: PlacedVersions,
  hide: () => Promise<void>,
): Promise<void> {
  try {
    await removeVersions(connection, versions);
  } catch (error) {
    const failure = storageFailureOf(error);
    if (failure?.httpStatus !== 403) throw error;
    await hide();
    const { bucket, prefix } = versions;
    throw new VersionsStayError(
      failure,
      `Versions of objects stay, hidden, in the bucket ${bucket} below "${prefix}"`,
      {
        cause: error,
        hint: "The bucket keeps versions: give the keys s3:ListBucketVersions and s3:DeleteObjectVersion, or have its owner remove them",
      },
    );
  }
}
