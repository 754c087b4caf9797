import type { IncomingMessage } from "node:http";

/** The largest body that is read; the largest request that makes sense has some KiB. */
const LARGEST_BODY_BYTES = 256 * 1024;
/** The bytes of all the bodies that are being read: nobody has signed for them yet. */
const LARGEST_SUM_BYTES = 64 * 1024 * 1024;

/** A body is refused for its size, with the HTTP status that says so. */
export class BodyTooLarge extends Error {
  constructor(readonly status: 413 | 503) {
    super(status === 413 ? `The body is larger than ${LARGEST_BODY_BYTES} bytes` : "Too many bodies at a time");
  }
}

/** Reads the bodies of one server. */
export class BodyReader {
  #heldBytes = 0;

  /**
   * The whole body of a request.
   * @throws {BodyTooLarge} as soon as that is known, with the rest unread
   * @throws when the client goes away before the end
   */
  async read(incoming: IncomingMessage): Promise<Buffer> {
    if (Number(incoming.headers["content-length"] ?? 0) > LARGEST_BODY_BYTES) throw new BodyTooLarge(413);
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      // With its destruction left to us: an answer may still go out on the connection.
      for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
        size += chunk.length;
        this.#heldBytes += chunk.length;
        if (size > LARGEST_BODY_BYTES) throw new BodyTooLarge(413);
        if (this.#heldBytes > LARGEST_SUM_BYTES) throw new BodyTooLarge(503);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    } finally {
      this.#heldBytes -= size;
    }
  }
}
