import { Duplex } from "node:stream";
import { ConnectionLostError } from "../protocol-error.ts";
import { Flag, FrameType, INITIAL_WINDOW } from "./frame.ts";

/** A window is given back when this much of it was consumed, as the Go implementation does: bytes. */
const GIVE_BACK_BYTES = INITIAL_WINDOW / 2;
/** A stream sends no larger frame, so that many streams share the connection fairly: bytes. */
const LARGEST_FRAME = 64 * 1024;

/** What a stream needs of its session. */
export interface StreamLink {
  send(type: FrameType, flags: number, amount: number): void;
  /** @param sent Called when the bytes have left for the kernel */
  sendData(body: Buffer, sent: () => void): void;
  /** The stream has ended on both sides. */
  forget(): void;
}

/**
 * One stream of a session, as a Node stream: `end()` is a half-close, `destroy()` a reset. What is not read is not given
 * back to the sender's window, so the other side stops after 256 KiB and a few buffers.
 */
export class YamuxStream extends Duplex {
  readonly id: number;
  readonly #link: StreamLink;
  #sendWindow = INITIAL_WINDOW;
  #unsent: { bytes: Buffer; readonly done: () => void } | undefined;
  #isSending = false;
  #receiveWindow = INITIAL_WINDOW;
  #consumedBytes = 0;
  #arrived: Buffer[] = [];
  #isWanted = false;
  #hasRemoteEnded = false;
  #isReset = false;

  constructor(id: number, link: StreamLink) {
    super({ readableHighWaterMark: LARGEST_FRAME, writableHighWaterMark: LARGEST_FRAME });
    this.id = id;
    this.#link = link;
    // Whoever uses the stream learns of a failure there; without a listener it would end the process.
    this.on("error", () => undefined);
  }

  /** Takes a data frame. @returns false when the sender had no right to send so much */
  receive(body: Buffer): boolean {
    if (body.length > this.#receiveWindow) return false;
    this.#receiveWindow -= body.length;
    if (this.#hasRemoteEnded || this.destroyed || body.length === 0) return true;
    this.#arrived.push(body);
    this.#passOn();
    return true;
  }

  receiveEnd(): void {
    this.#hasRemoteEnded = true;
    this.#passOn();
  }

  receiveReset(): void {
    this.#isReset = true;
    this.destroy(new ConnectionLostError("The stream was reset by the other side"));
  }

  /** The other side has consumed some bytes. @returns false when that is more than was ever sent */
  widen(bytes: number): boolean {
    this.#sendWindow += bytes;
    if (this.#sendWindow > 0xffff_ffff) return false;
    this.#sendMore();
    return true;
  }

  override _read(): void {
    this.#isWanted = true;
    this.#passOn();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#unsent = { bytes: chunk, done };
    this.#sendMore();
  }

  override _final(done: () => void): void {
    this.#link.send(FrameType.WindowUpdate, Flag.Fin, 0);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const hasEnded = this.writableFinished && this.#hasRemoteEnded;
    if (!hasEnded && !this.#isReset) this.#link.send(FrameType.WindowUpdate, Flag.Rst, 0);
    this.#arrived = [];
    this.#link.forget();
    done(error);
  }

  #passOn(): void {
    while (this.#isWanted && this.#arrived.length > 0) {
      const body = this.#arrived.shift() as Buffer;
      this.#isWanted = this.push(body);
      this.#consume(body.length);
    }
    if (this.#hasRemoteEnded && this.#arrived.length === 0 && !this.readableEnded && !this.destroyed) this.push(null);
  }

  #consume(bytes: number): void {
    this.#consumedBytes += bytes;
    if (this.#consumedBytes < GIVE_BACK_BYTES || this.#hasRemoteEnded) return;
    this.#receiveWindow += this.#consumedBytes;
    this.#link.send(FrameType.WindowUpdate, 0, this.#consumedBytes);
    this.#consumedBytes = 0;
  }

  /** One frame is under way at a time: the next one goes when the socket has taken it. */
  #sendMore(): void {
    const unsent = this.#unsent;
    if (unsent === undefined || this.#isSending || this.#sendWindow === 0 || this.destroyed) return;
    const body = unsent.bytes.subarray(0, Math.min(this.#sendWindow, LARGEST_FRAME));
    this.#sendWindow -= body.length;
    unsent.bytes = unsent.bytes.subarray(body.length);
    this.#isSending = true;
    this.#link.sendData(body, () => {
      this.#isSending = false;
      if (unsent.bytes.length > 0) return this.#sendMore();
      this.#unsent = undefined;
      unsent.done();
    });
  }
}
