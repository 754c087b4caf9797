import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { UsageError } from "../../common/errors.ts";
import type { FoundPath } from "./collect-files.ts";
import type { Manifest } from "./manifest.ts";

/** What travels: a list of files, and the content of each, once however often it occurs. */
export interface Bundle {
  readonly manifest: Manifest;
  /** What goes through the queue, by its address. */
  readonly contents: ReadonlyMap<string, Buffer>;
  /** What goes through a bucket, by its address. */
  readonly objects: ReadonlyMap<string, LargeFile>;
  readonly bytes: number;
}

/** A file that is too large to be held in memory. */
export interface LargeFile {
  readonly path: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

export interface PackOptions {
  /** How much may go through the queue. */
  readonly limitBytes: number;
  /** How much may go through the bucket, where there is one. */
  readonly bucketLimitBytes: number | undefined;
  /** The address of a content, of its SHA-256. */
  readonly addressOf: (sha256: string) => string;
}

/** A larger file goes through the bucket, where there is one: for a smaller one, a call takes longer than its bytes. */
export const OBJECT_FROM_BYTES = 1024 ** 2;

/**
 * Reads the files. The same files give the same bundle, whenever and by whomever they are packed.
 * @throws {UsageError} when they are more than the limit; it names the largest
 */
export async function packBundle(found: readonly FoundPath[], options: PackOptions): Promise<Bundle> {
  const { addressOf, bucketLimitBytes } = options;
  const isLarge = ({ bytes }: FoundPath) => bucketLimitBytes !== undefined && bytes > OBJECT_FROM_BYTES;
  // Looked at before anything is read: a disk image that was named by mistake may be larger than our memory.
  refuseTooMuch(
    found.filter((each) => !isLarge(each)),
    options.limitBytes,
    bucketLimitBytes === undefined ? inQueueAlone : inQueue,
  );
  refuseTooMuch(found.filter(isLarge), bucketLimitBytes ?? 0, inBucket);
  const contents = new Map<string, Buffer>();
  const objects = new Map<string, LargeFile>();
  const manifest: Manifest[number][] = [];
  for (const each of found) {
    const { path, kind, mode } = each;
    const bundlePath = path.slice(1);
    if (kind === "folder") {
      if (bundlePath !== "") manifest.push({ kind, path: bundlePath, mode });
    } else if (isLarge(each)) {
      const { bytes, sha256 } = await digestFile(path);
      const address = addressOf(sha256);
      objects.set(address, { path, bytes, sha256 });
      manifest.push({ kind, path: bundlePath, mode, bytes, sha256, address, store: "bucket" });
    } else {
      const content = await readFile(path);
      const sha256 = createHash("sha256").update(content).digest("hex");
      const address = addressOf(sha256);
      contents.set(address, content);
      manifest.push({ kind, path: bundlePath, mode, bytes: content.length, sha256, address });
    }
  }
  const all = [...contents.values()]
    .map(({ length }) => length)
    .concat([...objects.values()].map(({ bytes }) => bytes));
  return { manifest, contents, objects, bytes: all.reduce((sum, bytes) => sum + bytes, 0) };
}

async function digestFile(path: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of createReadStream(path, { highWaterMark: OBJECT_FROM_BYTES })) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

interface Limited {
  readonly subject: string;
  readonly hint: string;
}

const inQueueAlone: Limited = {
  subject: "The files that the template refers to have",
  hint: "name what is not needed in .fleetignore, let the build download what is large, let it travel through a bucket with -bundle-bucket, or raise -bundle-limit",
};
const inQueue: Limited = {
  subject: "Those files of the template that are too small for the bucket have",
  hint: "name what is not needed in .fleetignore, or raise -bundle-limit",
};
const inBucket: Limited = {
  subject: "The files that would go through the bucket have",
  hint: "name what is not needed in .fleetignore, let the build download what is large, or raise -bundle-bucket-limit here and at the workers",
};

function refuseTooMuch(found: readonly FoundPath[], limitBytes: number, { subject, hint }: Limited): void {
  const bytes = found.reduce((sum, each) => sum + each.bytes, 0);
  if (bytes <= limitBytes) return;
  const largest = [...found].sort((a, b) => b.bytes - a.bytes).slice(0, 3);
  const names = largest.map((each) => `${each.path} (${inMib(each.bytes)})`).join(", ");
  const limit = `and a bundle may have ${inMib(limitBytes)}; the largest are ${names}`;
  throw new UsageError(`${subject} ${inMib(bytes)}, ${limit}`, { hint });
}

export function inMib(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
