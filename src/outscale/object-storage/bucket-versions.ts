import type { ObjectPlace } from "./addresses.ts";
import { keyReader, readXml, requiredText } from "./read-answer.ts";
import type { StorageConnection } from "./storage-connection.ts";
import { isStorageNotFound, StorageAuthError, StorageError, storageFailureOf } from "./storage-error.ts";
import { childText, parseXml, XmlError } from "./xml.ts";

/**
 * Whether a bucket keeps versions of its objects, or has kept some. A service that does not know the question, or does not
 * allow it, is as one without versions.
 * @see Amazon S3, GetBucketVersioning
 */
export async function isVersioned(
  connection: StorageConnection,
  bucket: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const asked = { operation: "GetBucketVersioning", bucket, isRead: true, method: "GET", signal } as const;
  try {
    const { text } = await connection.send({ ...asked, query: { versioning: "" } });
    const status = childText(parseXml(text), "Status");
    return status === "Enabled" || status === "Suspended";
  } catch (error) {
    if (error instanceof StorageAuthError) throw error;
    if (error instanceof XmlError || isRefused(storageFailureOf(error)?.httpStatus)) return false;
    throw error;
  }
}

/** Trouble that passes is no answer. */
function isRefused(httpStatus = 0): boolean {
  return (httpStatus >= 400 && httpStatus < 500 && httpStatus !== 429) || httpStatus === 501;
}

/** The versions of objects below a prefix, or those of the one object that has it as its key. */
export interface PlacedVersions {
  readonly bucket: string;
  readonly prefix: string;
  readonly isOne?: boolean;
  readonly signal?: AbortSignal | undefined;
}

type Version = ObjectPlace & { readonly versionId: string };

/**
 * Removes all versions, and the marks that hide objects, page by page: what is removed is on no later page.
 * @throws {StorageError} when one cannot be removed, or the list shows the same again and again
 */
export async function removeVersions(connection: StorageConnection, versions: PlacedVersions): Promise<void> {
  const removed = new Set<string>();
  for (;;) {
    const { page, isLast } = await listVersions(connection, versions);
    const found = versions.isOne ? page.filter(({ key }) => key === versions.prefix) : page;
    const left = found.filter((version) => !removed.has(nameOf(version)));
    for (const version of left) {
      await deleteVersion(connection, version, versions.signal);
      removed.add(nameOf(version));
    }
    // The keys come in their order: those of one object are before all that its key only begins.
    if (isLast || found.length === 0) return;
    if (left.length === 0) throw unchanged(versions);
  }
}

function nameOf({ key, versionId }: Version): string {
  return JSON.stringify([key, versionId]);
}

/** @see Amazon S3, ListObjectVersions */
async function listVersions(
  connection: StorageConnection,
  { bucket, prefix, signal }: PlacedVersions,
): Promise<{ readonly page: readonly Version[]; readonly isLast: boolean }> {
  const asked = { operation: "ListObjectVersions", bucket, isRead: true, method: "GET", signal } as const;
  const { text } = await connection.send({ ...asked, query: { versions: "", "encoding-type": "url", prefix } });
  const root = readXml(asked, text, "ListVersionsResult");
  const key = keyReader(asked, root);
  const entries = root.children.filter(({ name }) => name === "Version" || name === "DeleteMarker");
  const page = entries.map((entry) => {
    // Without its id, the object itself would go.
    const versionId = requiredText(asked, entry, "VersionId");
    return { bucket, key: key(requiredText(asked, entry, "Key")), versionId };
  });
  return { page, isLast: childText(root, "IsTruncated") !== "true" };
}

/** One that is gone is none to remove. */
async function deleteVersion(
  connection: StorageConnection,
  { bucket, key, versionId }: Version,
  signal: AbortSignal | undefined,
): Promise<void> {
  const request = { operation: "DeleteObject", bucket, key, isRead: false, method: "DELETE", signal } as const;
  await connection.send({ ...request, query: { versionId } }).catch((error: unknown) => {
    if (!isStorageNotFound(error)) throw error;
  });
}

function unchanged({ bucket, prefix }: PlacedVersions): StorageError {
  const failure = { operation: "ListObjectVersions", bucket, httpStatus: 200, ambiguous: false };
  return new StorageError(failure, `ListObjectVersions of "${bucket}" shows what is removed below "${prefix}" again`);
}
