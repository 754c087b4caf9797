import type { Duplex } from "node:stream";
import { ConnectionLostError, ProtocolError } from "./protocol-error.ts";

/** Bytes of a point's number on the wire, little endian. */
const NUMBER_BYTES = 4;
/** Neither side waits longer for the other at a point, as the Go implementation does. */
const PATIENCE_MS = 5_000;

/**
 * Numbered rendezvous points over the streams of a session: the side that serves a point hands out its number, the other
 * side opens a stream with it. Each point is used once.
 * @see hashicorp/packer-plugin-sdk, rpc/mux_broker.go
 */
export class StreamBroker {
  readonly #open: () => Duplex;
  readonly #served = new Map<number, (stream: Duplex) => void>();
  #lastPoint = 0;

  /** @param open Opens a stream to the other side */
  constructor(open: () => Duplex) {
    this.#open = open;
  }

  /**
   * Serves a point of ours.
   * @param point 0, which both sides know, or a new one when absent
   * @returns its number, to be told to the other side, and the way to serve it no longer
   */
  serve(onStream: (stream: Duplex) => void, point?: number): { readonly point: number; stop(): void } {
    const number = point ?? ++this.#lastPoint;
    this.#served.set(number, onStream);
    return { point: number, stop: () => this.#served.delete(number) };
  }

  /** Takes a stream that the other side has opened, to whichever point it wants. */
  async accept(stream: Duplex): Promise<void> {
    try {
      const bytes = await within(stream, readExactly(stream, NUMBER_BYTES));
      const point = bytes.readUInt32LE();
      const serve = this.#served.get(point);
      if (serve === undefined) throw new ProtocolError(`There is nothing at point ${point}`);
      this.#served.delete(point);
      stream.write(bytes);
      serve(stream);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : undefined);
    }
  }

  /**
   * Reaches a point of the other side's.
   * @throws {ConnectionLostError} when nobody answers there in time
   */
  async dial(point: number): Promise<Duplex> {
    const stream = this.#open();
    const number = Buffer.alloc(NUMBER_BYTES);
    number.writeUInt32LE(point);
    stream.write(number);
    const answer = await within(stream, readExactly(stream, NUMBER_BYTES));
    if (answer.equals(number)) return stream;
    stream.destroy();
    throw new ProtocolError(`Point ${point} answered as point ${answer.readUInt32LE()}`);
  }
}

/** Reads a number of bytes and leaves the rest in the stream. */
function readExactly(stream: Duplex, size: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stop = () => stream.off("readable", read).off("close", fail).off("end", fail);
    const read = () => {
      const bytes: Buffer | null = stream.read(size);
      if (bytes?.length !== size) return;
      stop();
      resolve(bytes);
    };
    const fail = () => {
      stop();
      reject(new ConnectionLostError("The stream ended at once"));
    };
    stream.on("readable", read).on("close", fail).on("end", fail);
    read();
  });
}

/** Resets the stream, which fails what waits for it, when it takes too long. */
async function within<T>(stream: Duplex, answer: Promise<T>): Promise<T> {
  const timer = setTimeout(() => stream.destroy(new ConnectionLostError("Nobody answered")), PATIENCE_MS);
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
  }
}
