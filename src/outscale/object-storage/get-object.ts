import { messageOf, throwIfCancelled } from "../../common/errors.ts";
import type { ObjectPlace } from "./addresses.ts";
import { type AnsweredHead, header } from "./storage-answer.ts";
import type { StorageConnection } from "./storage-connection.ts";
import { isStorageNotFound, StorageError } from "./storage-error.ts";

export interface ObjectInfo {
  readonly sizeBytes: number;
  /** Without quotes. */
  readonly etag: string;
  readonly contentType: string | undefined;
}

export interface ByteRange {
  readonly startBytes: number;
  readonly lengthBytes: number;
}

export interface GetOptions {
  /** The whole object when absent. */
  readonly range?: ByteRange;
  readonly signal?: AbortSignal | undefined;
}

/** How often a body that was cut off is gone on with, without a byte in between. */
const MOST_CUTS = 5;

/** What an object is; undefined when it is not there. */
export async function headObject(
  connection: StorageConnection,
  place: ObjectPlace,
  signal?: AbortSignal,
): Promise<ObjectInfo | undefined> {
  const request = { operation: "HeadObject", ...place, isRead: true, method: "HEAD", signal } as const;
  try {
    return infoOf(await connection.send(request));
  } catch (error) {
    if (isStorageNotFound(error)) return undefined;
    throw error;
  }
}

function infoOf(head: AnsweredHead): ObjectInfo {
  return {
    sizeBytes: Number(header(head, "content-length")),
    etag: (header(head, "etag") ?? "").replaceAll('"', ""),
    contentType: header(head, "content-type"),
  };
}

/**
 * The bytes of an object, or of a range of it, as they come in. A connection that breaks in the middle is taken up again
 * where it broke, as long as the object is still the same.
 * @throws {StorageError} when it is not there, was replaced meanwhile, or does not come whole
 */
export async function* getObject(
  connection: StorageConnection,
  place: ObjectPlace,
  { range, signal }: GetOptions = {},
): AsyncGenerator<Buffer> {
  let at = range?.startBytes ?? 0;
  let end = range && range.startBytes + range.lengthBytes;
  let etag: string | undefined;
  for (let cuts = 0; end === undefined || at < end; ) {
    const answer = await connection.open({
      ...{ operation: "GetObject", ...place, isRead: true, method: "GET", signal },
      headers: { ...rangeHeader(at, end), ...(etag !== undefined && { "if-match": `"${etag}"` }) },
    });
    const info = infoOf(answer);
    etag ??= info.etag;
    end ??= info.sizeBytes;
    const wanted = Math.min(info.sizeBytes, end - at);
    if ((at > 0 || range !== undefined) && answer.status !== 206) throw notThatPart(place, answer.status);
    const before = at;
    try {
      for await (const chunk of answer.body) {
        at += chunk.length;
        yield chunk;
      }
    } catch (error) {
      throwIfCancelled(signal);
      cuts = at > before ? 1 : cuts + 1;
      if (cuts > MOST_CUTS) throw cutOff(place, error);
      continue;
    }
    // A range that reaches past the end is answered with what there is.
    if (at - before >= wanted) return;
    cuts += 1;
    if (cuts > MOST_CUTS) throw cutOff(place, new Error("the body is too short"));
  }
}

function rangeHeader(start: number, end: number | undefined): Record<string, string> {
  if (start === 0 && end === undefined) return {};
  return { range: `bytes=${start}-${end === undefined ? "" : end - 1}` };
}

/**
 * A small object as a whole.
 * @throws {StorageError} when it is larger
 */
export async function readObject(
  connection: StorageConnection,
  place: ObjectPlace,
  { mostBytes, signal }: { readonly mostBytes: number; readonly signal?: AbortSignal | undefined },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of getObject(connection, place, { signal })) {
    size += chunk.length;
    if (size > mostBytes) {
      const failure = { operation: "GetObject", ...place, httpStatus: 200, ambiguous: false };
      throw new StorageError(failure, `"${place.bucket}/${place.key}" has more than ${mostBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function notThatPart(place: ObjectPlace, httpStatus: number): StorageError {
  const failure = { operation: "GetObject", ...place, httpStatus, ambiguous: false };
  return new StorageError(failure, `"${place.bucket}/${place.key}" was not given in parts`);
}

function cutOff(place: ObjectPlace, cause: unknown): StorageError {
  const failure = { operation: "GetObject", ...place, ambiguous: false };
  const message = `"${place.bucket}/${place.key}" does not come whole: ${messageOf(cause)}`;
  return new StorageError(failure, message, { cause });
}
