import { createHash } from "node:crypto";
import type { ObjectPlace } from "./addresses.ts";
import { readXml } from "./read-answer.ts";
import type { StorageConnection } from "./storage-connection.ts";
import { isStorageNotFound, StorageError, storageFailureOf } from "./storage-error.ts";
import { childrenOf, childText, type XmlElement, xml, xmlDocument } from "./xml.ts";

/** @see Amazon S3, DeleteObjects */
const MOST_KEYS = 1_000;

/**
 * Removes objects; those that are not there are none to remove.
 * @throws {StorageError} that names what stays
 */
export async function deleteObjects(
  connection: StorageConnection,
  { bucket, keys }: { readonly bucket: string; readonly keys: readonly string[] },
): Promise<void> {
  const failures: XmlElement[] = [];
  const [odd, plain] = [keys.filter(isOdd), keys.filter((key) => !isOdd(key))];
  for (const key of odd) await deleteObject(connection, { bucket, key });
  for (let start = 0; start < plain.length; start += MOST_KEYS) {
    failures.push(...(await deleteSome(connection, bucket, plain.slice(start, start + MOST_KEYS))));
  }
  const [first] = failures;
  if (!first) return;
  const names = failures.slice(0, 5).map((entry) => `"${childText(entry, "Key")}"`);
  const more = failures.length > names.length ? ` and ${failures.length - names.length} more` : "";
  const storageCode = childText(first, "Code");
  const failure = { operation: "DeleteObjects", bucket, httpStatus: 200, storageCode, ambiguous: false };
  const reason = [storageCode, childText(first, "Message")].filter(Boolean).join(" ");
  throw new StorageError(failure, `Cannot remove ${names.join(", ")}${more} from "${bucket}": ${reason}`);
}

/** XML cannot hold it, and so the list cannot. */
function isOdd(key: string): boolean {
  return /[\u0000-\u001f\ufffe\uffff]/.test(key);
}

/** Removes an object; one that is not there is none to remove. */
export async function deleteObject(
  connection: StorageConnection,
  place: ObjectPlace,
  signal?: AbortSignal,
): Promise<void> {
  const request = { operation: "DeleteObject", ...place, isRead: false, method: "DELETE", signal } as const;
  await connection.send(request).catch((error: unknown) => {
    const isGone = isStorageNotFound(error) && storageFailureOf(error)?.storageCode !== "NoSuchBucket";
    if (!isGone) throw error;
  });
}

async function deleteSome(
  connection: StorageConnection,
  bucket: string,
  keys: readonly string[],
): Promise<readonly XmlElement[]> {
  const entries = keys.map((key) => xml("Object", xml("Key", key)));
  const body = Buffer.from(xmlDocument(xml("Delete", xml("Quiet", "true"), ...entries)));
  const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
  const request = { operation: "DeleteObjects", bucket, isRead: false, method: "POST" } as const;
  const { text } = await connection.send({ ...request, query: { delete: "" }, headers, body });
  return text.trim() === "" ? [] : childrenOf(readXml(request, text, "DeleteResult"), "Error");
}
