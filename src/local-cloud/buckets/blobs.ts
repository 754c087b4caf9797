import { createHash, randomBytes } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { publishFile } from "../../common/whole-file.ts";
import type { Blob } from "../records.ts";

const PARTIAL = ".part";

/** What was written, with the sums of it. */
export interface WrittenBlob extends Blob {
  /** In hex. */
  readonly md5: string;
  /** In hex. */
  readonly sha256: string;
}

/** The contents of objects and of parts, each in a file that is there whole or not at all, and never changes. */
export class Blobs {
  readonly #folder: string;
  /** By blob: how many read it. What is removed meanwhile goes when the last one is done. */
  readonly #readers = new Map<string, number>();
  readonly #doomed = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Its file is on the disk on return; a kill before leaves one that the next start removes. */
  async write(content: AsyncIterable<Uint8Array>): Promise<WrittenBlob> {
    const blob = randomBytes(16).toString("hex");
    const partial = this.#path(blob) + PARTIAL;
    const [md5, sha256] = [createHash("md5"), createHash("sha256")];
    let sizeBytes = 0;
    try {
      await using file = await open(partial, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
      for await (const chunk of content) {
        md5.update(chunk);
        sha256.update(chunk);
        sizeBytes += chunk.length;
        await file.writeFile(chunk);
      }
      await publishFile(partial, this.#path(blob));
    } finally {
      await rm(partial, { force: true });
    }
    return { blob, sizeBytes, md5: md5.digest("hex"), sha256: sha256.digest("hex") };
  }

  /** The bytes of some blobs, one after the other, from a place on. They stay as long as they are read. */
  async *read(
    blobs: readonly Blob[],
    range: { readonly startBytes: number; readonly lengthBytes: number },
  ): AsyncGenerator<Buffer> {
    const release = this.hold(blobs);
    try {
      let before = 0;
      const endBytes = range.startBytes + range.lengthBytes;
      for (const { blob, sizeBytes } of blobs) {
        const start = Math.max(range.startBytes - before, 0);
        const end = Math.min(endBytes - before, sizeBytes) - 1;
        if (start <= end) yield* createReadStream(this.#path(blob), { start, end });
        before += sizeBytes;
      }
    } finally {
      await release();
    }
  }

  /** Keeps blobs until the returned function is called, whatever is removed meanwhile. */
  hold(blobs: readonly Blob[]): () => Promise<void> {
    for (const { blob } of blobs) this.#readers.set(blob, (this.#readers.get(blob) ?? 0) + 1);
    return async () => {
      for (const { blob } of blobs) {
        const left = (this.#readers.get(blob) ?? 1) - 1;
        if (left > 0) this.#readers.set(blob, left);
        else this.#readers.delete(blob);
        if (left === 0 && this.#doomed.delete(blob)) await rm(this.#path(blob), { force: true });
      }
    };
  }

  /** To be called once it is on the disk that nothing names them any more. */
  async remove(blobs: readonly Blob[]): Promise<void> {
    for (const { blob } of blobs) {
      if (this.#readers.has(blob)) this.#doomed.add(blob);
      else await rm(this.#path(blob), { force: true });
    }
  }

  /** A new path beside the blobs, for what is on its way; a start removes what is left of it. */
  scratch(): string {
    return this.#path(`${randomBytes(16).toString("hex")}${PARTIAL}`);
  }

  /** The file of a blob, to link or to read. */
  path(blob: string): string {
    return this.#path(blob);
  }

  /** After a start: makes the folder, and removes what nothing names. */
  async recover(known: ReadonlySet<string>): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#folder)) {
      if (!known.has(name)) await rm(join(this.#folder, name), { recursive: true });
    }
  }

  #path(blob: string): string {
    return join(this.#folder, blob);
  }
}

/** Every blob that objects and parts are made of. */
export function blobsIn({
  objects,
  parts,
}: {
  readonly objects: readonly { readonly blobs: readonly Blob[] }[];
  readonly parts: readonly Blob[];
}): readonly Blob[] {
  return [...objects.flatMap(({ blobs }) => blobs), ...parts];
}
