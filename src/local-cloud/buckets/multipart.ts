import { createHash, randomBytes } from "node:crypto";
import { childrenOf, childText, xml, xmlDocument } from "../../outscale/object-storage/xml.ts";
import type { Cloud } from "../cloud.ts";
import type { Blob, PartRecord, UploadRecord } from "../records.ts";
import { cannedAclOf } from "./acl.ts";
import { type BucketCall, type BucketOperation, nowOf, uploadOf, writableBucket } from "./bucket-call.ts";
import { BucketRefusal } from "./bucket-refusal.ts";
import type { BucketRequest } from "./bucket-request.ts";
import { checkConditions } from "./conditions.ts";
import { copyBytes, copyRange, copySource } from "./copy-source.ts";
import { readBody, readXml } from "./request-content.ts";
import { keptHeaders, receive, removedIfRefused, storeObject } from "./stored-objects.ts";

/** @see Amazon S3, "Amazon S3 multipart upload limits" */
const MOST_PARTS = 10_000;
const SMALLEST_PART_BYTES = 5 * 1024 ** 2;
const MOST_UPLOADS = 1_000;

export const createMultipartUpload: BucketOperation = async (call) => {
  const { cloud, account, request } = call;
  writableBucket(call);
  await readBody(request);
  const bucket = writableBucket(call);
  if (cloud.store.uploads.values().length >= MOST_UPLOADS) {
    throw new BucketRefusal("InvalidRequest", `At most ${MOST_UPLOADS} uploads are under way at a time`);
  }
  const id = randomBytes(16).toString("hex");
  const place = { bucket: bucket.id, key: request.key ?? "" };
  const said = { acl: cannedAclOf(request), headers: keptHeaders(request) };
  cloud.store.uploads.put({ id, accountId: account?.id ?? bucket.accountId, ...place, beganAt: nowOf(cloud), ...said });
  const words = [xml("Bucket", place.bucket), xml("Key", place.key), xml("UploadId", id)];
  return { body: xmlDocument(xml("InitiateMultipartUploadResult", ...words)) };
};

export const uploadPart: BucketOperation = async (call) => {
  const number = partNumberOf(call.request);
  uploadOf(call);
  const received = await receive(call);
  await storePart(call, number, received);
  return { headers: { etag: `"${received.etag}"` } };
};

/** A part whose bytes are in the buckets already. Parts of what is large are how clients copy it. */
export const uploadPartCopy: BucketOperation = async (call) => {
  const number = partNumberOf(call.request);
  uploadOf(call);
  const source = copySource(call);
  const { blob, sizeBytes, md5 } = await copyBytes(call.cloud, source, copyRange(call.request, source));
  const { modifiedAt } = await storePart(call, number, { blob, sizeBytes, etag: md5 });
  return { body: xmlDocument(xml("CopyPartResult", xml("LastModified", modifiedAt), xml("ETag", `"${md5}"`))) };
};

function partNumberOf({ query }: BucketRequest): number {
  const number = Number(query.get("partNumber"));
  if (Number.isInteger(number) && number >= 1 && number <= MOST_PARTS) return number;
  throw new BucketRefusal("InvalidArgument", `partNumber is a number from 1 to ${MOST_PARTS}`);
}

/** Puts a part in the place of the one that had its number. */
async function storePart(
  call: BucketCall,
  number: number,
  content: Blob & { readonly etag: string },
): Promise<PartRecord> {
  const { store, blobs } = call.cloud;
  const written = { number, ...content, modifiedAt: nowOf(call.cloud) };
  return removedIfRefused(call.cloud, content, async () => {
    // It may have been completed or aborted while the bytes came.
    const upload = uploadOf(call);
    const part = { id: `${upload.id}/${number}`, uploadId: upload.id, ...written };
    const before = store.parts.get(part.id);
    store.parts.put(part);
    await store.settled();
    if (before) await blobs.remove([before]);
    return part;
  });
}

export const completeMultipartUpload: BucketOperation = async (call) => {
  const { cloud, request } = call;
  uploadOf(call);
  const list = readXml(await readBody(request));
  const upload = uploadOf(call);
  const all = partsOf(cloud, upload.id);
  const chosen = chosenParts(
    all,
    childrenOf(list, "Part").map((entry) => ({
      number: Number(childText(entry, "PartNumber")),
      etag: (childText(entry, "ETag") ?? "").replaceAll('"', ""),
    })),
  );
  const sum = createHash("md5").update(Buffer.from(chosen.map(({ etag }) => etag).join(""), "hex"));
  const etag = `${sum.digest("hex")}-${chosen.length}`;
  const { bucket, key, acl, headers, accountId } = upload;
  const blobs = chosen.map(({ blob, sizeBytes }) => ({ blob, sizeBytes }));
  const sizeBytes = blobs.reduce((total, part) => total + part.sizeBytes, 0);
  const place = { id: `${bucket}/${key}`, accountId, bucket, key };
  checkConditions(request.headers, cloud.store.objects.get(place.id));
  // In one turn: an upload that is gone and an object that is there are one change.
  forget(cloud, upload, all);
  await storeObject(cloud, { ...place, blobs, sizeBytes, etag, modifiedAt: nowOf(cloud), acl, headers });
  await cloud.blobs.remove(all.filter((part) => !chosen.includes(part)));
  const words = [
    xml("Location", `/${bucket}/${key}`),
    xml("Bucket", bucket),
    xml("Key", key),
    xml("ETag", `"${etag}"`),
  ];
  return { body: xmlDocument(xml("CompleteMultipartUploadResult", ...words)) };
};

/** @throws {BucketRefusal} when one is missing, out of order, or too small in front of another */
function chosenParts(
  all: readonly PartRecord[],
  named: readonly { readonly number: number; readonly etag: string }[],
): PartRecord[] {
  if (named.length === 0) throw new BucketRefusal("MalformedXML", "No part is named");
  if (named.some(({ number }, index) => index > 0 && number <= (named[index - 1]?.number ?? 0))) {
    throw new BucketRefusal("InvalidPartOrder", "The parts are named in the order of their numbers");
  }
  return named.map(({ number, etag }, index) => {
    const part = all.find((candidate) => candidate.number === number);
    if (part?.etag !== etag) throw new BucketRefusal("InvalidPart", `The part ${number} is not there, or another one`);
    if (index < named.length - 1 && part.sizeBytes < SMALLEST_PART_BYTES) {
      throw new BucketRefusal("EntityTooSmall", "Every part but the last has at least 5 MiB");
    }
    return part;
  });
}

export const abortMultipartUpload: BucketOperation = async (call) => {
  const { cloud } = call;
  const upload = uploadOf(call);
  const parts = partsOf(cloud, upload.id);
  forget(cloud, upload, parts);
  await cloud.store.settled();
  await cloud.blobs.remove(parts);
  return { status: 204 };
};

function forget({ store }: Cloud, upload: UploadRecord, parts: readonly PartRecord[]): void {
  store.uploads.delete(upload.id);
  for (const { id } of parts) store.parts.delete(id);
}

/** The parts of an upload that are there, by their numbers. */
export function partsOf({ store }: Cloud, uploadId: string): PartRecord[] {
  const parts = store.parts.values().filter((part) => part.uploadId === uploadId);
  return parts.sort((one, other) => one.number - other.number);
}
