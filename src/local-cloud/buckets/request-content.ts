import { createHash } from "node:crypto";
import { parseXml, type XmlElement } from "../../outscale/object-storage/xml.ts";
import { BucketRefusal } from "./bucket-refusal.ts";
import type { BucketRequest } from "./bucket-request.ts";
import { checksumOf } from "./checksums.ts";

/** The lists of a thousand keys that a body may hold have some 3 MB at most. */
const LARGEST_BODY_BYTES = 8 * 1024 * 1024;
/** Of all the bodies that are being read at a time, in every region of this process. */
const LARGEST_SUM_BYTES = 64 * 1024 * 1024;
const LONGEST_LINE = 4_096;

/** What the request says of the bytes that come. */
interface Announced {
  /** In hex; undefined when it is left open. */
  readonly sha256: string | undefined;
  readonly sizeBytes: number | undefined;
}

function announced({ headers }: BucketRequest): Announced {
  const hash = String(headers["x-amz-content-sha256"] ?? "");
  const size = headers["x-amz-decoded-content-length"] ?? headers["content-length"];
  return {
    sha256: /^[0-9a-f]{64}$/.test(hash) ? hash : undefined,
    sizeBytes: size === undefined ? undefined : Number(size),
  };
}

/**
 * The bytes of a request, out of the frames that some clients send them in.
 * @throws {BucketRefusal} for frames that are none, or signed ones; at the end, for bytes that have not the checksum
 */
export function contentOf(request: BucketRequest): AsyncIterable<Buffer> {
  const hash = String(request.headers["x-amz-content-sha256"] ?? "");
  const trailers = new Map<string, string>();
  if (!hash.startsWith("STREAMING-")) return summed(chunksOf(request), request, trailers);
  if (hash === "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
    return summed(unframed(chunksOf(request), trailers), request, trailers);
  }
  throw new BucketRefusal("NotImplemented", "The local cloud takes no signed chunks: send the hash of the whole");
}

async function* summed(
  chunks: AsyncIterable<Buffer>,
  { headers, operation }: BucketRequest,
  trailers: ReadonlyMap<string, string>,
): AsyncGenerator<Buffer> {
  // A sum that comes with the list of parts is that of the object.
  const named = operation === "CompleteMultipartUpload" ? [] : Object.keys(headers);
  const promised = String(headers["x-amz-trailer"] ?? "").split(",");
  const sums = [...named, ...promised.map((name) => name.trim().toLowerCase())].flatMap((name) => {
    const sum = name.startsWith("x-amz-checksum-") ? checksumOf(name) : undefined;
    return sum ? [{ name, sum }] : [];
  });
  for await (const chunk of chunks) {
    for (const { sum } of sums) sum.update(chunk);
    yield chunk;
  }
  for (const { name, sum } of sums) {
    const given = headers[name] ?? trailers.get(name);
    if (given === undefined) throw new BucketRefusal("MalformedTrailerError", `${name} does not come behind the body`);
    if (given !== sum.digest()) throw new BucketRefusal("BadDigest", `The body does not have the ${name}`);
  }
}

/** Leaves the destruction of the request to us: an answer may still go out on the connection. */
async function* chunksOf({ body }: BucketRequest): AsyncGenerator<Buffer> {
  yield* body.iterator({ destroyOnReturn: false });
}

/** `aws-chunked`: a size in hex, a line's end, so many bytes, a line's end; the last size is 0, trailers follow. */
async function* unframed(chunks: AsyncIterable<Buffer>, trailers: Map<string, string>): AsyncGenerator<Buffer> {
  let buffer = Buffer.alloc(0);
  let left: number | undefined;
  let isOver = false;
  for await (const chunk of chunks) {
    buffer = Buffer.concat([buffer, chunk]);
    while (!isOver && buffer.length > 0) {
      if (left === undefined) {
        const end = buffer.indexOf("\r\n");
        if (end === -1 && buffer.length < LONGEST_LINE) break;
        const size = /^([0-9a-fA-F]{1,8})(?:;.*)?$/.exec(buffer.toString("latin1", 0, Math.max(end, 0)))?.[1];
        if (size === undefined) throw new BucketRefusal("IncompleteBody", "A chunk has no size");
        left = Number.parseInt(size, 16);
        buffer = buffer.subarray(end + 2);
        isOver = left === 0;
      } else if (left > 0) {
        const part = buffer.subarray(0, left);
        yield part;
        left -= part.length;
        buffer = buffer.subarray(part.length);
      } else {
        if (buffer.length < 2) break;
        if (buffer.toString("latin1", 0, 2) !== "\r\n") throw new BucketRefusal("IncompleteBody", "A chunk has no end");
        buffer = buffer.subarray(2);
        left = undefined;
      }
    }
    if (isOver && buffer.length > LONGEST_LINE) {
      throw new BucketRefusal("MalformedTrailerError", `What comes behind the body has at most ${LONGEST_LINE} bytes`);
    }
  }
  if (!isOver) throw new BucketRefusal("IncompleteBody", "The last chunk is missing");
  for (const line of buffer.toString("latin1").split("\n")) {
    const [name = "", ...value] = line.split(":");
    trailers.set(name.trim().toLowerCase(), value.join(":").trim());
  }
}

/** What came, with its sums in hex. */
interface Received {
  readonly sizeBytes: number;
  readonly md5: string;
  readonly sha256: string;
}

/** @throws {BucketRefusal} when what came is not what was announced */
export function checkReceived(request: BucketRequest, received: Received): void {
  const { sha256, sizeBytes } = announced(request);
  if (sizeBytes !== undefined && sizeBytes !== received.sizeBytes) {
    throw new BucketRefusal("IncompleteBody", `${sizeBytes} bytes were announced, ${received.sizeBytes} came`);
  }
  if (sha256 !== undefined && sha256 !== received.sha256) {
    throw new BucketRefusal("XAmzContentSHA256Mismatch", "The body is not the one that was signed");
  }
  const md5 = request.headers["content-md5"];
  if (md5 !== undefined && md5 !== Buffer.from(received.md5, "hex").toString("base64")) {
    throw new BucketRefusal("BadDigest", "The body does not have the Content-MD5");
  }
}

const held = { sizeBytes: 0 };

/** A small body as a whole. @throws {BucketRefusal} when it is large, not what was announced, or one too many */
export async function readBody(request: BucketRequest): Promise<string> {
  if ((announced(request).sizeBytes ?? 0) > LARGEST_BODY_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of contentOf(request)) {
      sizeBytes += chunk.length;
      held.sizeBytes += chunk.length;
      if (sizeBytes > LARGEST_BODY_BYTES) throw tooLarge();
      if (held.sizeBytes > LARGEST_SUM_BYTES) throw new BucketRefusal("SlowDown", "Too many large bodies at a time");
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks);
    const sum = (algorithm: string) => createHash(algorithm).update(body).digest("hex");
    checkReceived(request, { sizeBytes, md5: sum("md5"), sha256: sum("sha256") });
    return body.toString("utf8");
  } finally {
    held.sizeBytes -= sizeBytes;
  }
}

function tooLarge(): BucketRefusal {
  return new BucketRefusal("EntityTooLarge", `A body that is no object has at most ${LARGEST_BODY_BYTES} bytes`);
}

/** The one element of a body, of this name if one is given. @throws {BucketRefusal} `MalformedXML` */
export function readXml(text: string, name?: string): XmlElement {
  try {
    const element = parseXml(text);
    if (name === undefined || element.name === name) return element;
  } catch {
    // As what is another document.
  }
  throw new BucketRefusal("MalformedXML", "The body is not XML of S3's form");
}
