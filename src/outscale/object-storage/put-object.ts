import { createHash } from "node:crypto";
import { throwIfCancelled } from "../../common/errors.ts";
import type { ObjectPlace } from "./addresses.ts";
import { listUploads } from "./list-objects.ts";
import type { ObjectSource } from "./object-source.ts";
import { type Upload, withPartsLeft } from "./parts-left.ts";
import { readXml, requiredEtag, requiredText, withoutQuotes } from "./read-answer.ts";
import { header } from "./storage-answer.ts";
import type { StorageConnection } from "./storage-connection.ts";
import { isStorageNotFound, StorageError } from "./storage-error.ts";
import { childText, xml, xmlDocument } from "./xml.ts";

export interface PutOptions {
  readonly contentType?: string;
  /** Larger objects go up in parts. */
  readonly partBytes?: number;
  /** How many parts are on their way at a time. */
  readonly parallel?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: TransferProgress) => void;
}

export interface TransferProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

const MIB = 1024 ** 2;
/** Parts are held in memory while they are on their way. */
const PART_BYTES = 16 * MIB;
const PARALLEL = 4;
/** @see Amazon S3, "Amazon S3 multipart upload limits" */
const MOST_PARTS = 10_000;

/**
 * Writes an object, in parts when it is large. A failure or a cancel leaves no half of it: the parts are removed.
 * @returns the object's ETag, without quotes
 */
export async function putObject(
  connection: StorageConnection,
  place: ObjectPlace,
  source: ObjectSource,
  options: PutOptions = {},
): Promise<{ readonly etag: string }> {
  const { partBytes = PART_BYTES } = options;
  if (source.sizeBytes > partBytes) return putInParts(connection, place, source, options);
  const { contentType, signal, onProgress } = options;
  const body = await source.read(0, source.sizeBytes);
  requireWhole(place, body, source.sizeBytes);
  const request = { operation: "PutObject", ...place, isRead: false, method: "PUT", body, signal } as const;
  const headers = contentType === undefined ? {} : { headers: { "content-type": contentType } };
  const etag = requiredEtag(request, await connection.send({ ...request, ...headers }));
  onProgress?.({ doneBytes: body.length, totalBytes: body.length });
  return { etag };
}

async function putInParts(
  connection: StorageConnection,
  place: ObjectPlace,
  source: ObjectSource,
  options: PutOptions,
): Promise<{ readonly etag: string }> {
  const { uploadId, isRepeated } = await beginUpload(connection, place, options);
  try {
    // An answer that was lost has begun an upload all the same: nothing is left of it.
    if (isRepeated) await abortOthers(connection, place, uploadId);
    const etags = await sendParts(connection, { place, uploadId }, source, options);
    throwIfCancelled(options.signal);
    return await completeUpload(connection, { place, uploadId }, etags);
  } catch (error) {
    // Without the signal: what was begun goes, also when we are to stop.
    const problem = await abortUpload(connection, { ...place, uploadId }).catch((failure: unknown) => failure);
    throw problem === undefined ? error : withPartsLeft(error, { place, uploadId }, problem);
  }
}

interface BegunUpload {
  readonly uploadId: string;
  /** An answer before this one was lost. */
  readonly isRepeated: boolean;
}

async function beginUpload(
  connection: StorageConnection,
  place: ObjectPlace,
  { contentType, signal }: PutOptions,
): Promise<BegunUpload> {
  const request = { operation: "CreateMultipartUpload", ...place, isRead: false, method: "POST", signal } as const;
  const headers = contentType === undefined ? {} : { headers: { "content-type": contentType } };
  const answer = await connection.send({ ...request, query: { uploads: "" }, ...headers });
  const document = readXml(request, answer.text, "InitiateMultipartUploadResult");
  return { uploadId: requiredText(request, document, "UploadId"), isRepeated: answer.isRepeated };
}

async function abortOthers(connection: StorageConnection, place: ObjectPlace, own: string): Promise<void> {
  for await (const upload of listUploads(connection, { bucket: place.bucket, prefix: place.key })) {
    if (upload.key === place.key && upload.uploadId !== own) await abortUpload(connection, upload);
  }
}

/** Ends an upload and removes its parts; one that is gone is no error. */
export async function abortUpload(
  connection: StorageConnection,
  { bucket, key, uploadId }: ObjectPlace & { readonly uploadId: string },
  signal?: AbortSignal,
): Promise<void> {
  const request = { operation: "AbortMultipartUpload", bucket, key, isRead: false, method: "DELETE", signal } as const;
  await connection.send({ ...request, query: { uploadId } }).catch((error: unknown) => {
    if (!isStorageNotFound(error)) throw error;
  });
}

async function sendParts(
  connection: StorageConnection,
  { place, uploadId }: Upload,
  source: ObjectSource,
  { partBytes = PART_BYTES, parallel = PARALLEL, signal, onProgress }: PutOptions,
): Promise<string[]> {
  const totalBytes = source.sizeBytes;
  const size = Math.max(partBytes, Math.ceil(totalBytes / MOST_PARTS));
  const count = Math.ceil(totalBytes / size);
  const etags: string[] = [];
  const failed = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  let next = 0;
  let doneBytes = 0;
  const worker = async () => {
    while (next < count && !stop.aborted) {
      const index = next++;
      const length = Math.min(size, totalBytes - index * size);
      const body = await source.read(index * size, length);
      requireWhole(place, body, length);
      const query = { partNumber: String(index + 1), uploadId };
      const request = { operation: "UploadPart", ...place, isRead: false, method: "PUT", query } as const;
      etags[index] = requiredEtag(request, await connection.send({ ...request, body, signal: stop }));
      doneBytes += length;
      onProgress?.({ doneBytes, totalBytes });
    }
  };
  let first: { readonly error: unknown } | undefined;
  const guarded = () =>
    worker().catch((error: unknown) => {
      first ??= { error };
      failed.abort(error);
    });
  await Promise.all(Array.from({ length: Math.min(parallel, count) }, guarded));
  if (first) throw first.error;
  throwIfCancelled(signal);
  return etags;
}

/** The service may have completed an upload whose answer was lost; then it knows no such upload, and has the object. */
async function completeUpload(
  connection: StorageConnection,
  { place, uploadId }: Upload,
  etags: readonly string[],
): Promise<{ readonly etag: string }> {
  const parts = etags.map((etag, index) => xml("Part", xml("PartNumber", index + 1), xml("ETag", `"${etag}"`)));
  const body = Buffer.from(xmlDocument(xml("CompleteMultipartUpload", ...parts)));
  const request = { operation: "CompleteMultipartUpload", ...place, isRead: false, method: "POST" } as const;
  try {
    const { text } = await connection.send({ ...request, query: { uploadId }, body });
    return { etag: withoutQuotes(childText(readXml(request, text, "CompleteMultipartUploadResult"), "ETag")) };
  } catch (error) {
    if (!isStorageNotFound(error)) throw error;
    const head = { operation: "HeadObject", ...place, isRead: true, method: "HEAD" } as const;
    const etag = await connection.send(head).then(
      (answer) => withoutQuotes(header(answer, "etag")),
      () => undefined,
    );
    if (etag === undefined || etag !== etagOfParts(etags)) throw error;
    return { etag };
  }
}

/** The ETag of an object that was put together of parts: the MD5 of theirs, and their number. */
function etagOfParts(etags: readonly string[]): string {
  const sum = createHash("md5")
    .update(Buffer.from(etags.join(""), "hex"))
    .digest("hex");
  return `${sum}-${etags.length}`;
}

function requireWhole({ bucket, key }: ObjectPlace, body: Uint8Array, length: number): void {
  if (body.length === length) return;
  const failure = { operation: "PutObject", bucket, key, ambiguous: false };
  throw new StorageError(failure, `"${bucket}/${key}" was not written: its source became shorter meanwhile`);
}
