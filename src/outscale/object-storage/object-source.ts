import type { FileHandle } from "node:fs/promises";

/** What an object is made of. It can be read more than once: a request that failed is sent again. */
export interface ObjectSource {
  readonly sizeBytes: number;
  /** The bytes from a place on; fewer than asked for only when the source has become shorter. */
  read(startBytes: number, lengthBytes: number): Promise<Uint8Array>;
}

export function bytesSource(bytes: Uint8Array | string): ObjectSource {
  const data = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  return { sizeBytes: data.length, read: async (start, length) => data.subarray(start, start + length) };
}

/** A file as long as it is now; its handle stays open until the object is there. */
export async function fileSource(file: FileHandle): Promise<ObjectSource> {
  const { size } = await file.stat();
  return {
    sizeBytes: size,
    async read(start, length) {
      const buffer = Buffer.alloc(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await file.read(buffer, filled, length - filled, start + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    },
  };
}
