import { createHash } from "node:crypto";
import type { StorageConnection } from "./storage-connection.ts";
import { StorageError } from "./storage-error.ts";
import { childrenOf, childText, parseXml, type XmlElement, xml, xmlDocument } from "./xml.ts";

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
  for (let start = 0; start < keys.length; start += MOST_KEYS) {
    failures.push(...(await deleteSome(connection, bucket, keys.slice(start, start + MOST_KEYS))));
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
  return text.trim() === "" ? [] : childrenOf(parseXml(text), "Error");
}
