import { ProtocolError } from "../protocol-error.ts";

/** @see hashicorp/yamux, spec.md */
export const FrameType = { Data: 0, WindowUpdate: 1, Ping: 2, GoAway: 3 } as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];
export const Flag = { Syn: 1, Ack: 2, Fin: 4, Rst: 8 } as const;

/** What a stream may send at first, and what we let the other side send: bytes. Neither side ever grants more. */
export const INITIAL_WINDOW = 256 * 1024;

const VERSION = 0;
const HEADER_BYTES = 12;
const NO_BODY = Buffer.alloc(0);

export interface FrameHeader {
  readonly type: FrameType;
  /** A sum of {@link Flag}s. */
  readonly flags: number;
  /** 0 for what concerns the whole session. */
  readonly streamId: number;
  /** Data: the bytes of the body. Window update: the increment. Ping: its value. Go-away: the reason. */
  readonly length: number;
}

export interface Frame extends FrameHeader {
  readonly body: Buffer;
}

/** The 12 bytes before a frame's body, big endian. */
export function encodeHeader({ type, flags, streamId, length }: FrameHeader): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt8(VERSION, 0);
  header.writeUInt8(type, 1);
  header.writeUInt16BE(flags, 2);
  header.writeUInt32BE(streamId, 4);
  header.writeUInt32BE(length, 8);
  return header;
}

function decodeHeader(bytes: Buffer): FrameHeader {
  const version = bytes.readUInt8(0);
  const type = bytes.readUInt8(1);
  if (version !== VERSION) throw new ProtocolError(`A frame has version ${version}`);
  if (!isFrameType(type)) throw new ProtocolError(`A frame has the unknown type ${type}`);
  const header = { type, flags: bytes.readUInt16BE(2), streamId: bytes.readUInt32BE(4), length: bytes.readUInt32BE(8) };
  if (type === FrameType.Data && header.length > INITIAL_WINDOW) {
    throw new ProtocolError(`A frame of ${header.length} bytes is larger than any window`);
  }
  return header;
}

function isFrameType(type: number): type is FrameType {
  return type >= FrameType.Data && type <= FrameType.GoAway;
}

/** Cuts a connection's bytes into frames. Holds one unfinished frame at most. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #size = 0;
  #header: FrameHeader | undefined;

  /**
   * @returns the frames that are complete now
   * @throws {ProtocolError} for bytes that are no frame
   */
  *push(chunk: Buffer): Generator<Frame> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    for (;;) {
      if (this.#header === undefined) {
        if (this.#size < HEADER_BYTES) return;
        this.#header = decodeHeader(this.#take(HEADER_BYTES));
      }
      const bodyBytes = this.#header.type === FrameType.Data ? this.#header.length : 0;
      if (this.#size < bodyBytes) return;
      const frame = { ...this.#header, body: bodyBytes === 0 ? NO_BODY : this.#take(bodyBytes) };
      this.#header = undefined;
      yield frame;
    }
  }

  #take(size: number): Buffer {
    const [first = NO_BODY] = this.#chunks;
    const all = first.length >= size ? first : Buffer.concat(this.#chunks);
    const rest = all.subarray(size);
    if (all === first) this.#chunks.shift();
    else this.#chunks = [];
    if (rest.length > 0) this.#chunks.unshift(rest);
    this.#size -= size;
    return all.subarray(0, size);
  }
}
