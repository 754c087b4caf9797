import { close, read, write } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { promisify } from "node:util";
import { throwIfCancelled } from "../common/errors.ts";

const CHUNK_BYTES = 256 * 1024;
const [closeAsync, readAsync, writeAsync] = [promisify(close), promisify(read), promisify(write)];

/** The content of an open file. Each chunk has a buffer of its own: who takes it may keep it. */
export async function* readChunks(fd: number): AsyncGenerator<Buffer> {
  for (;;) {
    const { bytesRead, buffer } = await readAsync(fd, Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** The chunks of a stream that was handed in and stays open, also when we stop early. */
export async function* chunksOf(content: Readable, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const chunks = content.iterator({ destroyOnReturn: false });
  for (;;) {
    const { done, value } = await orCancelled(chunks.next(), signal);
    if (done) return;
    yield typeof value === "string" ? Buffer.from(value) : value;
  }
}

/**
 * Waits no longer than the signal lets it: who gives or takes a stream may never answer.
 * @throws whatever the signal was fired with
 */
export async function orCancelled<T>(wait: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return wait;
  throwIfCancelled(signal);
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([wait, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Lets a function use a descriptor and closes it, whatever happens. */
export async function withFile(fd: number, use: (fd: number) => Promise<void>): Promise<void> {
  try {
    await use(fd);
  } finally {
    await closeAsync(fd);
  }
}

/** Writes a chunk whole. */
export async function writeFully(fd: number, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.length; ) {
    offset += (await writeAsync(fd, chunk, offset, chunk.length - offset, null)).bytesWritten;
  }
}

/** Waits until the destination has taken a chunk, or fails with its error. */
export function passOn(destination: Writable, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    destination.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
