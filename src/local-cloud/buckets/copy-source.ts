import type { Cloud } from "../cloud.ts";
import type { ObjectRecord } from "../records.ts";
import type { WrittenBlob } from "./blobs.ts";
import { type BucketCall, readableObject, requireOnlyVersion } from "./bucket-call.ts";
import { BucketRefusal } from "./bucket-refusal.ts";
import type { BucketRequest } from "./bucket-request.ts";
import { checkSource } from "./conditions.ts";

interface Bytes {
  readonly startBytes: number;
  readonly lengthBytes: number;
}

/** What `x-amz-copy-source` names, if the caller may read it, and if it is as the caller demands. @throws {BucketRefusal} */
export function copySource(call: BucketCall): ObjectRecord {
  const { request } = call;
  const [bucket, key] = placeOf(request);
  const { "x-amz-source-expected-bucket-owner": owner, ...others } = request.headers;
  const headers = { ...others, "x-amz-expected-bucket-owner": owner };
  const source = readableObject({ ...call, request: { ...request, headers, bucket, key } });
  checkSource(request.headers, source);
  return source;
}

/** Bucket and key, escaped, with or without a slash before them, and a version behind them. */
function placeOf({ headers }: BucketRequest): [string, string] {
  const text = String(headers["x-amz-copy-source"] ?? "").replace(/^\//, "");
  const [name = "", versionId] = text.split("?versionId=");
  const [, bucket, key] = /^([^/]+)\/(.+)$/s.exec(decoded(name)) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new BucketRefusal("InvalidArgument", "x-amz-copy-source names a bucket and a key");
  }
  requireOnlyVersion(versionId);
  return [bucket, key];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new BucketRefusal("InvalidArgument", "x-amz-copy-source cannot be decoded");
  }
}

/** The bytes of an object that a part is to have: all, or those of `bytes=FIRST-LAST`. */
export function copyRange({ headers }: BucketRequest, { sizeBytes }: ObjectRecord): Bytes {
  const given = headers["x-amz-copy-source-range"];
  if (given === undefined) return { startBytes: 0, lengthBytes: sizeBytes };
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(String(given)) ?? [];
  const [start, end] = [Number(first), Number(last)];
  if (start <= end && end < sizeBytes) return { startBytes: start, lengthBytes: end - start + 1 };
  throw new BucketRefusal(
    "InvalidArgument",
    `x-amz-copy-source-range is bytes=FIRST-LAST in the ${sizeBytes} bytes of the source`,
  );
}

/** Writes bytes of an object anew. The source may be replaced or removed meanwhile. */
export async function copyBytes({ blobs }: Cloud, source: ObjectRecord, bytes: Bytes): Promise<WrittenBlob> {
  const release = blobs.hold(source.blobs);
  try {
    return await blobs.write(blobs.read(source.blobs, bytes));
  } finally {
    await release();
  }
}
