import { validateHeaderValue } from "node:http";
import { childrenOf, childText, type XmlElement, xml, xmlDocument } from "../../outscale/object-storage/xml.ts";
import type { Cloud } from "../cloud.ts";
import type { Blob, ObjectRecord } from "../records.ts";
import { cannedAclOf } from "./acl.ts";
import {
  type BucketCall,
  type BucketOperation,
  nowOf,
  readableObject,
  requireOnlyVersion,
  writableBucket,
} from "./bucket-call.ts";
import { BucketRefusal } from "./bucket-refusal.ts";
import type { BucketRequest } from "./bucket-request.ts";
import { checkConditions, checkRead, isOfRange } from "./conditions.ts";
import { copyBytes, copySource } from "./copy-source.ts";
import { checkReceived, contentOf, readBody, readXml } from "./request-content.ts";

/** What one PUT may have. @see Amazon S3, "Uploading objects" */
const LARGEST_PUT_BYTES = 5 * 1024 ** 3;
const LONGEST_METADATA = 8_192;
const KEPT_HEADERS =
  /^(content-type|content-encoding|content-disposition|content-language|cache-control|expires|x-amz-meta-.+)$/;

/** What of a request stays with its object. */
export function keptHeaders({ headers }: BucketRequest): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => KEPT_HEADERS.test(name));
  // It says how the request is framed, not what the object is.
  const texts = kept.map(([name, value]) => [name, String(value).replace(/^aws-chunked,? ?/, "")] as const);
  const entries = texts.filter(([, value]) => value !== "");
  if (entries.flat().join("").length > LONGEST_METADATA) {
    throw new BucketRefusal("InvalidArgument", "The object's headers are too long");
  }
  return Object.fromEntries(entries);
}

export const putObject: BucketOperation = async (call) => {
  const { cloud, request } = call;
  writableBucket(call);
  const acl = cannedAclOf(request);
  const headers = keptHeaders(request);
  const { etag, ...blob } = await receive(call);
  await removedIfRefused(cloud, blob, async () => {
    // The bucket may have gone, or become another's, while the bytes came.
    const bucket = writableBucket(call);
    const { key = "" } = request;
    const id = `${bucket.id}/${key}`;
    checkConditions(request.headers, cloud.store.objects.get(id));
    const accountId = call.account?.id ?? bucket.accountId;
    const record = { id, accountId, bucket: bucket.id, key, blobs: [blob], sizeBytes: blob.sizeBytes, etag };
    await storeObject(cloud, { ...record, modifiedAt: nowOf(cloud), acl, headers });
  });
  return { headers: { etag: `"${etag}"` } };
};

/** Puts what was written to use; a refusal removes it again. */
export async function removedIfRefused<Used>({ blobs }: Cloud, written: Blob, use: () => Promise<Used>): Promise<Used> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof BucketRefusal) await blobs.remove([written]);
    throw error;
  }
}

/** Takes the bytes of a request in. @throws {BucketRefusal} when they are not what was announced; nothing is left then */
export async function receive(call: BucketCall): Promise<Blob & { readonly etag: string }> {
  const { cloud, request } = call;
  if (request.headers["content-length"] === undefined && request.headers["transfer-encoding"] === undefined) {
    throw new BucketRefusal("MissingContentLength", "Content-Length is missing");
  }
  const written = await cloud.blobs.write(limited(contentOf(request)));
  try {
    checkReceived(request, written);
  } catch (error) {
    await cloud.blobs.remove([written]);
    throw error;
  }
  return { blob: written.blob, sizeBytes: written.sizeBytes, etag: written.md5 };
}

async function* limited(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    sizeBytes += chunk.length;
    if (sizeBytes > LARGEST_PUT_BYTES) throw new BucketRefusal("EntityTooLarge", "One PUT has at most 5 GiB");
    yield chunk;
  }
}

/** Puts an object in the place of the one that was there; what that was made of goes once this is on the disk. */
export async function storeObject({ store, blobs }: Cloud, record: ObjectRecord): Promise<void> {
  const before = store.objects.get(record.id);
  store.objects.put(record);
  await store.settled();
  if (before) await blobs.remove(before.blobs);
}

export const copyObject: BucketOperation = async (call) => {
  const { cloud, request } = call;
  const source = copySource(call);
  writableBucket(call);
  const acl = cannedAclOf(request);
  const isReplaced = request.headers["x-amz-metadata-directive"] === "REPLACE";
  const headers = isReplaced ? keptHeaders(request) : source.headers;
  const whole = { startBytes: 0, lengthBytes: source.sizeBytes };
  const { blob, sizeBytes, md5 } = await copyBytes(cloud, source, whole);
  const modifiedAt = nowOf(cloud);
  await removedIfRefused(cloud, { blob, sizeBytes }, async () => {
    const target = writableBucket(call);
    const place = { bucket: target.id, key: request.key ?? "" };
    const id = `${place.bucket}/${place.key}`;
    checkConditions(request.headers, cloud.store.objects.get(id));
    const accountId = call.account?.id ?? target.accountId;
    const blobs = [{ blob, sizeBytes }];
    const record = { id, accountId, ...place, blobs, sizeBytes, etag: md5 };
    await storeObject(cloud, { ...record, modifiedAt, acl, headers });
  });
  return { body: xmlDocument(xml("CopyObjectResult", xml("ETag", `"${md5}"`), xml("LastModified", modifiedAt))) };
};

export const getObject: BucketOperation = async (call) => {
  const object = readableObject(call);
  const { request } = call;
  const { etag, sizeBytes, headers, modifiedAt, blobs } = object;
  const part = firstPart(request, object);
  checkRead(request.headers, object);
  const about = { ...headers, ...overrides(request), etag: `"${etag}"`, "accept-ranges": "bytes" };
  const answer = { "last-modified": new Date(modifiedAt).toUTCString(), ...about };
  const asked = isOfRange(request.headers["if-range"], object) && rangeOf(request.headers.range, sizeBytes);
  const range = part?.range ?? asked;
  if (!range) return { headers: answer, content: { blobs, startBytes: 0, lengthBytes: sizeBytes } };
  const [start, end] = range;
  const contentRange = `bytes ${start}-${end}/${sizeBytes}`;
  const content = { blobs, startBytes: start, lengthBytes: end - start + 1 };
  return { status: 206, headers: { ...answer, ...part?.headers, "content-range": contentRange }, content };
};

interface FirstPart {
  /** Absent for one without a byte. */
  readonly range?: readonly [number, number];
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The part that a read names. Clients of the AWS CRT begin with the first one, to learn how large the object is.
 * @throws {BucketRefusal} for every other: of a copy nobody knows what parts its source had
 */
function firstPart(
  { query, headers }: BucketRequest,
  { blobs: [first, ...others] }: ObjectRecord,
): FirstPart | undefined {
  const number = query.get("partNumber");
  if (number === undefined) return undefined;
  if (number !== "1")
    throw new BucketRefusal("NotImplemented", "The local cloud reads no part but the first by its number");
  if (headers.range !== undefined) throw new BucketRefusal("InvalidRequest", "A read has a Range or a partNumber");
  if (!first || first.sizeBytes === 0) return {};
  const count = others.length > 0 && { headers: { "x-amz-mp-parts-count": String(others.length + 1) } };
  return { range: [0, first.sizeBytes - 1], ...count };
}

/** There are no tags: who copies in parts asks for them, to set them again. */
export const getObjectTagging: BucketOperation = async (call) => {
  readableObject(call);
  return { body: xmlDocument(xml("Tagging", xml("TagSet"))) };
};

/** What a URL asks the answer to say of itself. @throws {BucketRefusal} for what no header can say */
function overrides({ query }: BucketRequest): Record<string, string> {
  const entries = [...query].flatMap(([name, value]) => {
    const header = name.replace(/^response-/, "");
    return header !== name && KEPT_HEADERS.test(header) ? [[header, value] as const] : [];
  });
  for (const [name, value] of entries) {
    try {
      validateHeaderValue(name, value);
    } catch {
      throw new BucketRefusal("InvalidArgument", `response-${name} has a character that a header cannot have`);
    }
  }
  return Object.fromEntries(entries);
}

/** First and last byte of `bytes=1-2`, `bytes=1-` or `bytes=-2`; undefined for the whole, and for what says no range, as RFC 9110 has it. */
function rangeOf(text: string | undefined, sizeBytes: number): readonly [number, number] | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(text ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  if (first !== "" && last !== "" && Number(first) > Number(last)) return undefined;
  const start = first === "" ? Math.max(sizeBytes - Number(last), 0) : Number(first);
  const end = first === "" || last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (start > end) throw new BucketRefusal("InvalidRange", "The range is not in the object");
  return [start, end];
}

export const deleteObject: BucketOperation = async (call) => {
  const bucket = writableBucket(call);
  const { cloud, request } = call;
  const id = `${bucket.id}/${request.key}`;
  checkConditions(request.headers, cloud.store.objects.get(id));
  await removeObjects(cloud, [id]);
  return { status: 204 };
};

const MOST_KEYS = 1_000;

export const deleteObjects: BucketOperation = async (call) => {
  writableBucket(call);
  const list = readXml(await readBody(call.request), "Delete");
  const { id: bucket } = writableBucket(call);
  const named = childrenOf(list, "Object");
  if (named.length === 0 || named.length > MOST_KEYS) {
    throw new BucketRefusal("MalformedXML", `A Delete names 1 to ${MOST_KEYS} objects`);
  }
  const judged = named.map((entry) => {
    const key = childText(entry, "Key") ?? "";
    const id = `${bucket}/${key}`;
    return { id, key, refusal: refusalOf(entry, call.cloud.store.objects.get(id)) };
  });
  await removeObjects(
    call.cloud,
    judged.flatMap(({ id, refusal }) => (refusal ? [] : id)),
  );
  const isQuiet = childText(list, "Quiet") === "true";
  const results = judged.flatMap(({ key, refusal }) => {
    if (!refusal) return isQuiet ? [] : xml("Deleted", xml("Key", key));
    return xml("Error", xml("Key", key), xml("Code", refusal.code), xml("Message", refusal.message));
  });
  return { body: xmlDocument(xml("DeleteResult", ...results)) };
};

/** Why one of many objects is not removed; each is judged by itself. */
function refusalOf(entry: XmlElement, existing: ObjectRecord | undefined): BucketRefusal | undefined {
  try {
    requireOnlyVersion(childText(entry, "VersionId"));
    checkConditions({ "if-match": childText(entry, "ETag") }, existing);
  } catch (error) {
    if (error instanceof BucketRefusal) return error;
    throw error;
  }
}

async function removeObjects({ store, blobs }: Cloud, ids: readonly string[]): Promise<void> {
  const found = [...new Set(ids)].flatMap((id) => store.objects.get(id) ?? []);
  for (const { id } of found) store.objects.delete(id);
  await store.settled();
  for (const object of found) await blobs.remove(object.blobs);
}
