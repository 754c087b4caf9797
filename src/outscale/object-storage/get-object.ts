import type { Readable } from "node:stream";
import { messageOf, throwIfCancelled } from "../../common/errors.ts";
import type { ObjectPlace } from "./addresses.ts";
import { unreadable, withoutQuotes } from "./read-answer.ts";
import { type AnsweredHead, header } from "./storage-answer.ts";
import type { OpenAnswer, StorageConnection } from "./storage-connection.ts";
import { isStorageNotFound, StorageError, storageFailureOf } from "./storage-error.ts";

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
    const head = await connection.send(request);
    const sizeBytes = lengthOf(head);
    if (sizeBytes === undefined) throw unreadable(request, "it has no Content-Length");
    return { sizeBytes, etag: withoutQuotes(header(head, "etag")), contentType: header(head, "content-type") };
  } catch (error) {
    if (isStorageNotFound(error)) return undefined;
    throw error;
  }
}

/** How long a body is; undefined where that is not said. */
function lengthOf(head: AnsweredHead): number | undefined {
  const text = header(head, "content-length");
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
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
  const start = range?.startBytes ?? 0;
  let at = start;
  const wantedEnd = range === undefined ? Number.POSITIVE_INFINITY : start + range.lengthBytes;
  /** As an answer has told it: a range may reach past the object. */
  let end: number | undefined;
  let etag = "";
  for (let cuts = 0; at < (end ?? wantedEnd); ) {
    const before = at;
    const mayBeOver = end === undefined && at > start;
    const part = { at, end: end ?? wantedEnd, isPart: range !== undefined || at > 0, mayBeOver, etag, signal };
    const answer = await openPart(connection, place, part);
    if (answer === "over") return;
    etag ||= withoutQuotes(header(answer, "etag"));
    if (answer.untilBytes !== undefined) end ??= Math.min(answer.untilBytes, wantedEnd);
    let cut: unknown = new Error("the body is too short");
    try {
      for await (const chunk of answer.body) {
        at += chunk.length;
        yield chunk;
      }
      if (at > (end ?? wantedEnd)) throw notThatPart(place, answer.status);
      if (end === undefined || at === end) return;
    } catch (error) {
      throwIfCancelled(signal);
      if (error instanceof StorageError) throw error;
      cut = error;
    }
    cuts = at > before ? 1 : cuts + 1;
    // Without its ETag, nothing says that the rest is that of the same object.
    if (cuts > MOST_CUTS || (at > start && etag === "")) throw cutOff(place, cut);
  }
}

interface Part {
  readonly at: number;
  /** Infinite for all that follows. */
  readonly end: number;
  readonly isPart: boolean;
  /** It may be that nothing follows. */
  readonly mayBeOver: boolean;
  /** Empty when it is not known. */
  readonly etag: string;
  readonly signal: AbortSignal | undefined;
}

interface OpenPart extends OpenAnswer {
  /** Where in the object the body ends; undefined where only its last chunk tells. */
  readonly untilBytes: number | undefined;
}

/** `over`: nothing follows on a body that did not say how long it is. */
async function openPart(connection: StorageConnection, place: ObjectPlace, part: Part): Promise<OpenPart | "over"> {
  const { at, end, isPart, mayBeOver, etag, signal } = part;
  const headers = { ...(isPart && rangeHeader(at, end)), ...(etag !== "" && { "if-match": `"${etag}"` }) };
  const request = { operation: "GetObject", ...place, isRead: true, method: "GET", signal, headers } as const;
  const answer = await connection.open(request).catch((error: unknown) => {
    if (mayBeOver && storageFailureOf(error)?.httpStatus === 416) return undefined;
    throw error;
  });
  if (answer === undefined) return "over";
  const { status, body } = answer;
  const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(header(answer, "content-range") ?? "") ?? [];
  const isOther = header(answer, "content-range") !== undefined && Number(first) !== at;
  if (isPart && (status !== 206 || isOther)) throw discard(body, notThatPart(place, status));
  const length = lengthOf(answer) ?? (last === undefined ? undefined : Number(last) + 1 - at);
  const isChunked = header(answer, "transfer-encoding")?.toLowerCase() === "chunked";
  if (length !== undefined) return { ...answer, untilBytes: at + length };
  if (isChunked) return { ...answer, untilBytes: undefined };
  throw discard(body, cutOff(place, new Error("the answer says neither its length nor its end")));
}

/** Ends a body that nobody reads; its connection is of no use then. */
function discard(body: Readable, error: StorageError): StorageError {
  body.on("error", () => undefined).destroy();
  return error;
}

function rangeHeader(start: number, end: number): Record<string, string> {
  return { range: `bytes=${start}-${end === Number.POSITIVE_INFINITY ? "" : end - 1}` };
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
