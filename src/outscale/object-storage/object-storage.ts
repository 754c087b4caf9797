import { isBucketName, isObjectKey, type ObjectPlace } from "./addresses.ts";
import { deleteObject, deleteObjects } from "./delete-objects.ts";
import { type GetOptions, getObject, headObject, type ObjectInfo, readObject } from "./get-object.ts";
import { type ListedObject, listObjects, listUploads, type PendingUpload } from "./list-objects.ts";
import type { ObjectSource } from "./object-source.ts";
import { presignGet } from "./presign.ts";
import { abortUpload, type PutOptions, putObject } from "./put-object.ts";
import { removeBelow, removeObject } from "./remove-objects.ts";
import { StorageConnection, type StorageOptions } from "./storage-connection.ts";
import { isStorageNotFound, StorageError, storageFailureOf } from "./storage-error.ts";

interface Stoppable {
  readonly signal?: AbortSignal | undefined;
}

/**
 * The buckets of one account in one region (OOS, which speaks S3). Every method signs, retries and logs in the same way.
 *
 * A bucket or an object that is removed twice, or made twice by the same account, is no error.
 * @throws {StorageAuthError} when the keys are refused
 * @throws {StorageError} on every other failure
 * @throws {CancelledError} when the signal fires in time
 */
export interface ObjectStorage extends AsyncDisposable {
  /** Its base URL, without a trailing slash. */
  readonly endpoint: string;
  /** `forbidden`: another account has it. */
  findBucket(bucket: string, options?: Stoppable): Promise<"found" | "absent" | "forbidden">;
  /** `owned`: the account had it before. One that a try without an answer may have made is `made`. */
  createBucket(bucket: string, options?: Stoppable): Promise<"made" | "owned">;
  /** Only an empty one goes. */
  deleteBucket(bucket: string): Promise<void>;
  put(place: ObjectPlace, source: ObjectSource, options?: PutOptions): Promise<{ readonly etag: string }>;
  /** Undefined when it is not there. */
  head(place: ObjectPlace, options?: Stoppable): Promise<ObjectInfo | undefined>;
  get(place: ObjectPlace, options?: GetOptions): AsyncIterable<Buffer>;
  read(place: ObjectPlace, options: { readonly mostBytes: number } & Stoppable): Promise<Buffer>;
  list(bucket: string, prefix?: string, options?: Stoppable): AsyncIterable<ListedObject>;
  /** One that is stopped may have had its effect. In a bucket that keeps versions, the object is only hidden. */
  delete(place: ObjectPlace, options?: Stoppable): Promise<void>;
  /** As {@link delete}. */
  deleteMany(bucket: string, keys: readonly string[]): Promise<void>;
  /**
   * Removes an object, with all of its versions where the bucket keeps them. One that is stopped may have had its effect.
   * @throws {VersionsStayError} when the bucket does not let us remove versions; then it is hidden
   */
  remove(place: ObjectPlace, options?: Stoppable): Promise<void>;
  /** The same of every object whose key begins with the prefix, which may not be empty. */
  removeBelow(bucket: string, prefix: string, options?: Stoppable): Promise<void>;
  /** Multipart uploads that are under way. */
  uploads(bucket: string, prefix?: string, options?: Stoppable): AsyncIterable<PendingUpload>;
  /** As {@link delete}. */
  abort(upload: PendingUpload, options?: Stoppable): Promise<void>;
  /** A URL with which anybody can read the object, for at most seven days. It is a secret. */
  presign(place: ObjectPlace, expiresSeconds: number): string;
}

/**
 * Connects to the object storage. Nothing is sent before the first call; disposing closes the connections.
 * @throws {ConfigError} when the endpoint is none
 */
export function createObjectStorage(options: StorageOptions): ObjectStorage {
  const connection = new StorageConnection(options);
  const { baseUrl, access } = connection;
  return {
    endpoint: baseUrl,
    findBucket: (bucket, { signal } = {}) => findBucket(connection, requireBucket(bucket), signal),
    createBucket: (bucket, { signal } = {}) => createBucket(connection, requireBucket(bucket), signal),
    deleteBucket: (bucket) => deleteBucket(connection, requireBucket(bucket)),
    put: async (place, source, put) => putObject(connection, requirePlace(place), source, put),
    head: async (place, { signal } = {}) => headObject(connection, requirePlace(place), signal),
    get: (place, get) => getObject(connection, requirePlace(place), get),
    read: async (place, read) => readObject(connection, requirePlace(place), read),
    list: (bucket, prefix = "", { signal } = {}) =>
      listObjects(connection, { bucket: requireBucket(bucket), prefix, signal }),
    delete: async (place, { signal } = {}) => deleteObject(connection, requirePlace(place), signal),
    deleteMany: async (bucket, keys) => deleteObjects(connection, { bucket: requireBucket(bucket), keys }),
    remove: async (place, { signal } = {}) => removeObject(connection, requirePlace(place), signal),
    removeBelow: async (bucket, prefix, { signal } = {}) =>
      removeBelow(connection, { bucket: requireBucket(bucket), prefix, signal }),
    uploads: (bucket, prefix = "", { signal } = {}) =>
      listUploads(connection, { bucket: requireBucket(bucket), prefix, signal }),
    abort: (upload, { signal } = {}) => abortUpload(connection, upload, signal),
    presign: (place, expiresSeconds) => {
      const { region } = access;
      return presignGet(requirePlace(place), {
        baseUrl,
        keys: access,
        region,
        nowMs: connection.now(),
        expiresSeconds,
      });
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

async function findBucket(connection: StorageConnection, bucket: string, signal: AbortSignal | undefined) {
  try {
    await connection.send({ operation: "HeadBucket", bucket, isRead: true, method: "HEAD", signal });
    return "found";
  } catch (error) {
    if (isStorageNotFound(error)) return "absent";
    if (storageFailureOf(error)?.httpStatus === 403) return "forbidden";
    throw error;
  }
}

async function createBucket(connection: StorageConnection, bucket: string, signal: AbortSignal | undefined) {
  const request = { operation: "CreateBucket", bucket, isRead: false, method: "PUT", signal } as const;
  try {
    await connection.send(request);
    return "made";
  } catch (error) {
    const failure = storageFailureOf(error);
    if (failure?.storageCode !== "BucketAlreadyOwnedByYou") throw error;
    return failure.ambiguous ? "made" : "owned";
  }
}

async function deleteBucket(connection: StorageConnection, bucket: string): Promise<void> {
  const request = { operation: "DeleteBucket", bucket, isRead: false, method: "DELETE" } as const;
  await connection.send(request).catch((error: unknown) => {
    if (!isStorageNotFound(error)) throw error;
  });
}

/** What is no name would be another address. */
function requireBucket(bucket: string): string {
  if (isBucketName(bucket)) return bucket;
  const hint = "A bucket's name has 3 to 63 lower-case letters, digits and hyphens";
  throw new StorageError({ operation: "address", bucket, ambiguous: false }, `"${bucket}" is no bucket's name`, {
    hint,
  });
}

function requirePlace(place: ObjectPlace): ObjectPlace {
  requireBucket(place.bucket);
  if (isObjectKey(place.key)) return place;
  const hint = "A key has 1 to 1,024 bytes of UTF-8";
  const failure = { operation: "address", ...place, ambiguous: false };
  throw new StorageError(failure, `"${place.key}" is no object's key`, { hint });
}
