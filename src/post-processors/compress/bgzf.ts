import { Transform, type TransformCallback } from "node:stream";
import { crc32, deflateRawSync } from "node:zlib";

/** Of the text in one block: compressed, and with its headers, it must fit into 64 KiB. */
const BLOCK_BYTES = 0xff00;
const HEADER_BYTES = 18;
const FOOTER_BYTES = 8;

/**
 * Blocked gzip: members of at most 64 KiB, each of which says how long it is, and an empty one at the end, so that a
 * reader can begin in the middle. Any gunzip reads it.
 * @see https://samtools.github.io/hts-specs/SAMv1.pdf, section 4.1
 */
export function bgzfStream(level: number): Transform {
  let waiting = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
      waiting = Buffer.concat([waiting, chunk]);
      for (; waiting.length >= BLOCK_BYTES; waiting = waiting.subarray(BLOCK_BYTES)) {
        this.push(blockOf(waiting.subarray(0, BLOCK_BYTES), level));
      }
      done();
    },
    flush(done: TransformCallback) {
      if (waiting.length > 0) this.push(blockOf(waiting, level));
      this.push(blockOf(Buffer.alloc(0), level));
      done();
    },
  });
}

function blockOf(text: Buffer, level: number): Buffer {
  const packed = deflateRawSync(text, { level });
  // What does not get smaller is stored: five bytes more than it is.
  const data = packed.length < BLOCK_BYTES ? packed : deflateRawSync(text, { level: 0 });
  const header = Buffer.from([31, 139, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, 66, 67, 2, 0, 0, 0]);
  header.writeUInt16LE(HEADER_BYTES + data.length + FOOTER_BYTES - 1, HEADER_BYTES - 2);
  const footer = Buffer.alloc(FOOTER_BYTES);
  footer.writeUInt32LE(crc32(text), 0);
  footer.writeUInt32LE(text.length, 4);
  return Buffer.concat([header, data, footer]);
}
