import { ProtocolError } from "../protocol-error.ts";

/** No message of Packer's is near this: bytes. */
const LARGEST_VALUE = 64 * 1024 * 1024;
const DEEPEST_NESTING = 256;

/** What follows a tag byte besides values inside it. */
type Follow =
  | { readonly kind: "bytes"; readonly count: number }
  | { readonly kind: "values"; readonly count: number }
  /** A big-endian length of `width` bytes, then so many bytes (and `extra`), or so many values times `times`. */
  | { readonly kind: "length"; readonly width: number; readonly of: "bytes" | "values"; readonly scale: number };

/** A length that is being read. */
interface LengthInParts {
  bytesLeft: number;
  value: number;
  readonly of: "bytes" | "values";
  readonly scale: number;
}

/**
 * Cuts a stream of msgpack values, which follow each other without any frame, into one piece per value. Only lengths are
 * read here; the values are decoded elsewhere, once they are whole. So memory is bounded by what has arrived, and a value
 * that comes in a thousand pieces is still read once.
 * @see the msgpack specification, "formats"
 */
export class ValueSplitter {
  #parts: Buffer[] = [];
  #partsBytes = 0;
  /** How many values are still missing at each level of nesting; the value itself is the only one of the first. */
  #missing = [1];
  #bytesToSkip = 0;
  #length: LengthInParts | undefined;

  /**
   * @returns the values that are complete now
   * @throws {ProtocolError} for what is no msgpack, too large or nested too deeply
   */
  *push(chunk: Buffer): Generator<Buffer> {
    let start = 0;
    for (let at = 0; at < chunk.length; ) {
      at += this.#advance(chunk, at);
      if (this.#missing.length > 0) continue;
      yield Buffer.concat([...this.#parts, chunk.subarray(start, at)]);
      start = at;
      this.#parts = [];
      this.#partsBytes = 0;
      this.#missing = [1];
    }
    if (start === chunk.length) return;
    this.#parts.push(chunk.subarray(start));
    this.#partsBytes += chunk.length - start;
    if (this.#partsBytes > LARGEST_VALUE) throw new ProtocolError("A message is too large");
  }

  /** Reads on from a place. @returns how many bytes it took */
  #advance(chunk: Buffer, at: number): number {
    if (this.#bytesToSkip > 0) {
      const skipped = Math.min(this.#bytesToSkip, chunk.length - at);
      this.#bytesToSkip -= skipped;
      if (this.#bytesToSkip === 0) this.#endValue();
      return skipped;
    }
    const byte = chunk.readUInt8(at);
    if (this.#length === undefined) this.#follow(followOf(byte));
    else this.#readLength(this.#length, byte);
    return 1;
  }

  #readLength(length: LengthInParts, byte: number): void {
    length.value = length.value * 256 + byte;
    length.bytesLeft--;
    if (length.bytesLeft > 0) return;
    this.#length = undefined;
    if (length.of === "values") this.#follow({ kind: "values", count: length.value * length.scale });
    else this.#follow({ kind: "bytes", count: length.value + length.scale });
  }

  #follow(follow: Follow): void {
    if (follow.kind === "length") {
      this.#length = { bytesLeft: follow.width, value: 0, of: follow.of, scale: follow.scale };
    } else if (follow.count === 0) {
      this.#endValue();
    } else if (follow.kind === "bytes") {
      if (follow.count > LARGEST_VALUE) throw new ProtocolError("A message is too large");
      this.#bytesToSkip = follow.count;
    } else {
      if (this.#missing.length >= DEEPEST_NESTING) throw new ProtocolError("A message is nested too deeply");
      this.#missing.push(follow.count);
    }
  }

  /** A value is whole, and with it every value whose last part it was. */
  #endValue(): void {
    for (let level = this.#missing.length - 1; level >= 0; level--) {
      const left = (this.#missing[level] ?? 0) - 1;
      this.#missing[level] = left;
      if (left > 0) return;
      this.#missing.pop();
    }
  }
}

const NOTHING: Follow = { kind: "bytes", count: 0 };
const bytes = (count: number): Follow => ({ kind: "bytes", count });
const values = (count: number): Follow => ({ kind: "values", count });
/** @param extra Bytes beyond the length: the type of an extension */
const longBytes = (width: number, extra = 0): Follow => ({ kind: "length", width, of: "bytes", scale: extra });
const longValues = (width: number, times: number): Follow => ({ kind: "length", width, of: "values", scale: times });

/** The tags from 0xc0 to 0xdf, in order; 0xc1 is not used. */
const TAGS: readonly (Follow | undefined)[] = [
  ...[NOTHING, undefined, NOTHING, NOTHING], // nil, -, false, true
  ...[longBytes(1), longBytes(2), longBytes(4)], // bin
  ...[longBytes(1, 1), longBytes(2, 1), longBytes(4, 1)], // ext
  ...[bytes(4), bytes(8)], // float
  ...[bytes(1), bytes(2), bytes(4), bytes(8)], // uint
  ...[bytes(1), bytes(2), bytes(4), bytes(8)], // int
  ...[bytes(2), bytes(3), bytes(5), bytes(9), bytes(17)], // fixext
  ...[longBytes(1), longBytes(2), longBytes(4)], // str
  ...[longValues(2, 1), longValues(4, 1)], // array
  ...[longValues(2, 2), longValues(4, 2)], // map
];

function followOf(tag: number): Follow {
  if (tag < 0x80 || tag >= 0xe0) return NOTHING;
  if (tag < 0x90) return values((tag & 0x0f) * 2);
  if (tag < 0xa0) return values(tag & 0x0f);
  if (tag < 0xc0) return bytes(tag & 0x1f);
  const follow = TAGS[tag - 0xc0];
  if (follow === undefined) throw new ProtocolError(`A message has the unknown tag ${tag}`);
  return follow;
}
