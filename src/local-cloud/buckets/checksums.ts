import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** A sum over bytes as they come. */
export interface Checksum {
  update(chunk: Uint8Array): void;
  /** In base64, as S3's headers have it. */
  digest(): string;
}

const ONES = 0xffffffff;

/** By the end of `x-amz-checksum-...`. @see Amazon S3, "Checking object integrity for data uploads" */
const algorithms: ReadonlyMap<string, () => Checksum> = new Map([
  ["crc32", () => crcOf((chunk, before) => [crc32(chunk, before[0]), 0], 4)],
  ["crc32c", () => crcOf(updaterOf([0x82f63b78, 0], [ONES, 0]), 4)],
  ["crc64nvme", () => crcOf(updaterOf([0xac4bc9b5, 0x9a6c9329], [ONES, ONES]), 8)],
  ["sha1", () => digestOf("sha1")],
  ["sha256", () => digestOf("sha256")],
]);

/** Undefined for a header that names no sum that is known here. */
export function checksumOf(header: string): Checksum | undefined {
  return algorithms.get(header.replace(/^x-amz-checksum-/, ""))?.();
}

function digestOf(algorithm: string): Checksum {
  const hash = createHash(algorithm);
  return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest("base64") };
}

/** The lower and the upper 32 bits of a CRC that has 64 at most: JavaScript's integers for bits have no more. */
type Halves = readonly [number, number];
type Update = (chunk: Uint8Array, before: Halves) => Halves;

function crcOf(update: Update, sizeBytes: 4 | 8): Checksum {
  let sum: Halves = [0, 0];
  return {
    update: (chunk) => {
      sum = update(chunk, sum);
    },
    digest: () => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt32BE(sum[1] >>> 0, 0);
      bytes.writeUInt32BE(sum[0] >>> 0, 4);
      return bytes.subarray(8 - sizeBytes).toString("base64");
    },
  };
}

interface Table {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

/** What each byte does to a CRC of this polynomial, whose bits are reflected. */
function tableOf(polynomial: Halves): Table {
  const table = { low: new Uint32Array(256), high: new Uint32Array(256) };
  for (let byte = 0; byte < 256; byte++) {
    let [low, high]: [number, number] = [byte, 0];
    for (let bit = 0; bit < 8; bit++) {
      const isSet = (low & 1) === 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (isSet) {
        low ^= polynomial[0];
        high ^= polynomial[1];
      }
    }
    table.low[byte] = low;
    table.high[byte] = high;
  }
  return table;
}

/** @param ones All the bits of the CRC, which are inverted before and after */
function updaterOf(polynomial: Halves, ones: Halves): Update {
  const table = tableOf(polynomial);
  return (chunk, before) => {
    let [low, high] = [before[0] ^ ones[0], before[1] ^ ones[1]];
    for (const byte of chunk) {
      const index = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (table.low[index] ?? 0);
      high = (high >>> 8) ^ (table.high[index] ?? 0);
    }
    return [low ^ ones[0], high ^ ones[1]];
  };
}
