import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { FleetError } from "../../common/errors.ts";
import type { ObjectSource } from "../../outscale/object-storage/object-source.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { SEAL_BYTES } from "../seal/seal.ts";
import type { BookedObject } from "./object-book.ts";

/** A content is sealed piece by piece, each with its number under the seal: it is never in memory as a whole. */
const FRAME_BYTES = 1024 ** 2;
export const SEALED_FRAME_BYTES = FRAME_BYTES + SEAL_BYTES;

/** What the object of a content has. */
export function sealedBytes(bytes: number): number {
  return bytes + frameCount(bytes) * SEAL_BYTES;
}

function frameCount(bytes: number): number {
  return Math.ceil(bytes / FRAME_BYTES);
}

/** Which object of which content it is: a piece of another one does not open. */
function subjectOf({ address, name }: Pick<BookedObject, "address" | "name">): string {
  return `${address}.${name}`;
}

/** A file as it lies in a bucket. It is read once and in order, in whole frames. */
export class SealedFile implements ObjectSource {
  readonly sizeBytes: number;
  readonly #file: FileHandle;
  readonly #bytes: number;
  readonly #seal: (content: Buffer, number: number) => Buffer;
  readonly #hash = createHash("sha256");
  #frame = 0;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(file: FileHandle, bytes: number, queue: Pick<FleetQueue, "sealBytes">, object: BookedObject) {
    this.sizeBytes = sealedBytes(bytes);
    this.#file = file;
    this.#bytes = bytes;
    const subject = subjectOf(object);
    this.#seal = (content, number) => queue.sealBytes(content, subject, number);
  }

  /** One after the other, whoever asks: the digest is of the bytes that were sent, in their order. */
  read(startBytes: number, lengthBytes: number): Promise<Buffer> {
    const reading = this.#reading.then(() => this.#read(startBytes, lengthBytes));
    this.#reading = reading;
    return reading;
  }

  /** Of what was read, in hexadecimal. Asked once, at the end. */
  sha256(): string {
    return this.#hash.digest("hex");
  }

  async #read(startBytes: number, lengthBytes: number): Promise<Buffer> {
    if (startBytes !== this.#frame * SEALED_FRAME_BYTES) throw new Error("A sealed file is read in order");
    const frames: Buffer[] = [];
    for (let length = 0; length < lengthBytes; ) {
      const start = this.#frame * FRAME_BYTES;
      const content = await readWhole(this.#file, start, Math.min(FRAME_BYTES, this.#bytes - start));
      if (content === undefined) break;
      this.#hash.update(content);
      const frame = this.#seal(content, this.#frame++);
      length += frame.length;
      frames.push(frame);
    }
    return Buffer.concat(frames);
  }
}

/** @returns undefined when the file has become shorter */
async function readWhole(file: FileHandle, start: number, length: number): Promise<Buffer | undefined> {
  const buffer = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, start + filled);
    if (bytesRead === 0) return undefined;
    filled += bytesRead;
  }
  return buffer;
}

interface OpenInput {
  readonly queue: Pick<FleetQueue, "openBytes">;
  readonly object: BookedObject;
  /** Of the content. */
  readonly bytes: number;
}

/**
 * The content of an object, frame by frame, each checked before it is handed on.
 * @param pieces The object's bytes, as they come
 * @throws {FleetError} when it is not what was sealed: changed, cut off, put together otherwise, or longer
 */
export async function* openFrames(pieces: AsyncIterable<Buffer>, input: OpenInput): AsyncGenerator<Buffer> {
  const { queue, object, bytes } = input;
  const count = frameCount(bytes);
  const subject = subjectOf(object);
  let held: Buffer[] = [];
  let heldBytes = 0;
  let number = 0;
  const openFrame = (sealed: Buffer, number: number) => {
    try {
      return queue.openBytes(sealed, subject, number);
    } catch (cause) {
      throw refused(object, "is not what was sent", cause);
    }
  };
  const wanted = () => Math.min(FRAME_BYTES, bytes - number * FRAME_BYTES) + SEAL_BYTES;
  for await (const piece of pieces) {
    held.push(piece);
    heldBytes += piece.length;
    if (number < count && heldBytes < wanted()) continue;
    let all = Buffer.concat(held);
    for (; number < count && all.length >= wanted(); number++) {
      const length = wanted();
      yield openFrame(all.subarray(0, length), number);
      all = all.subarray(length);
    }
    if (number === count && all.length > 0) throw refused(object, "is longer than it was");
    held = [all];
    heldBytes = all.length;
  }
  if (number < count) throw refused(object, "is cut off");
}

function refused({ bucket, key }: BookedObject, problem: string, cause?: unknown): FleetError {
  return new FleetError(`The bundle is refused: "${bucket}/${key}" ${problem}`, {
    cause,
    hint: "workers need the submitter's fleet key; if they have it, somebody else writes to the bucket",
  });
}
