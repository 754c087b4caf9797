import type { Duplex } from "node:stream";
import { messageOf } from "../../common/errors.ts";
import { ConnectionLostError, ProtocolError } from "../protocol-error.ts";
import { encodeHeader, Flag, type Frame, FrameReader, FrameType } from "./frame.ts";
import { YamuxStream } from "./stream.ts";

export interface SessionOptions {
  /** The client's streams have odd numbers, the server's even ones. */
  readonly side: "client" | "server";
  /** Told of every stream that the other side opens. */
  readonly onStream: (stream: YamuxStream) => void;
  /** How often the other side is asked whether it lives; 10 s when absent. */
  readonly pingEveryMs?: number;
}

/** The other side may have this many streams open; further ones are reset. */
const MOST_STREAMS = 256;
/** Times that the other side may let pass without sending anything at all, pings unanswered. */
const MOST_SILENT_PERIODS = 6;
/** Nothing more is read while so much waits to be written: answers must not pile up without limit. Bytes. */
const MOST_UNWRITTEN = 8 * 1024 * 1024;
/** Header and body go out as one piece up to here: bytes. */
const SMALL_BODY = 4 * 1024;

/**
 * Many streams over one connection. @see hashicorp/yamux, spec.md
 *
 * Ends with the connection, at a violation of the protocol, or when the other side is silent for too long; every stream
 * then ends with an error.
 */
export class YamuxSession {
  /** Resolves at the session's end, with the reason unless it was an orderly one. */
  readonly closed: Promise<Error | undefined>;
  readonly #socket: Duplex;
  readonly #options: SessionOptions;
  readonly #reader = new FrameReader();
  readonly #streams = new Map<number, YamuxStream>();
  readonly #pinger: NodeJS.Timeout;
  #nextId: number;
  #silentPeriods = 0;
  #isClosed = false;
  #tellClosed: (reason: Error | undefined) => void = () => undefined;

  constructor(socket: Duplex, options: SessionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#nextId = options.side === "client" ? 1 : 2;
    this.closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("drain", () => socket.resume());
    socket.once("error", (cause) => this.close(new ConnectionLostError("The connection failed", { cause })));
    socket.once("close", () => this.close(new ConnectionLostError("The connection was closed")));
    socket.once("end", () => this.close(new ConnectionLostError("The connection was closed by the other side")));
    this.#pinger = setInterval(() => this.#ping(), options.pingEveryMs ?? 10_000).unref();
  }

  /**
   * Opens a stream; what is written to it goes out at once.
   * @throws {ConnectionLostError} when the session has ended
   */
  open(): YamuxStream {
    if (this.#isClosed) throw new ConnectionLostError("The session has ended");
    const stream = this.#addStream(this.#nextId);
    this.#nextId += 2;
    this.#send(FrameType.WindowUpdate, Flag.Syn, stream.id, 0);
    return stream;
  }

  /** Ends every stream and the connection. */
  close(reason?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#pinger);
    const error = reason ?? new ConnectionLostError("The session was closed");
    for (const stream of [...this.#streams.values()]) stream.destroy(error);
    this.#socket.destroy();
    this.#tellClosed(reason);
  }

  #read(chunk: Buffer): void {
    this.#silentPeriods = 0;
    try {
      for (const frame of this.#reader.push(chunk)) {
        if (this.#isClosed) return;
        this.#handle(frame);
      }
    } catch (error) {
      this.close(error instanceof ProtocolError ? error : new ProtocolError(messageOf(error), { cause: error }));
    }
    if (this.#socket.writableLength > MOST_UNWRITTEN) this.#socket.pause();
  }

  #handle(frame: Frame): void {
    if (frame.type === FrameType.Ping) this.#answerPing(frame);
    else if (frame.type === FrameType.GoAway) this.#takeGoAway(frame);
    else this.#handleStream(frame);
  }

  #takeGoAway({ length: reason }: Frame): void {
    if (reason !== 0) throw new ProtocolError(`The other side gave up (reason ${reason})`);
  }

  #handleStream(frame: Frame): void {
    if (frame.flags & Flag.Syn) this.#accept(frame.streamId);
    // A frame for a stream that has just ended here is no fault of the sender's.
    const stream = this.#streams.get(frame.streamId);
    if (stream === undefined) return;
    if (frame.flags & Flag.Rst) {
      stream.receiveReset();
      return;
    }
    const isAllowed = frame.type === FrameType.Data ? stream.receive(frame.body) : stream.widen(frame.length);
    if (!isAllowed) throw new ProtocolError(`Stream ${frame.streamId} exceeded its window`);
    if (frame.flags & Flag.Fin) stream.receiveEnd();
  }

  #accept(id: number): void {
    const isOurs = id % 2 === this.#nextId % 2;
    if (id === 0 || isOurs || this.#streams.has(id)) throw new ProtocolError(`Stream ${id} cannot be opened`);
    if (this.#streams.size >= MOST_STREAMS) {
      this.#send(FrameType.WindowUpdate, Flag.Rst, id, 0);
      return;
    }
    const stream = this.#addStream(id);
    this.#send(FrameType.WindowUpdate, Flag.Ack, id, 0);
    this.#options.onStream(stream);
  }

  #addStream(id: number): YamuxStream {
    const stream = new YamuxStream(id, {
      send: (type, flags, amount) => this.#send(type, flags, id, amount),
      sendData: (body, sent) => this.#sendData(id, body, sent),
      forget: () => this.#streams.delete(id),
    });
    this.#streams.set(id, stream);
    return stream;
  }

  #answerPing({ flags, length }: Frame): void {
    if (flags & Flag.Syn) this.#send(FrameType.Ping, Flag.Ack, 0, length);
  }

  /** Counted in periods, not in time: if this process was stopped for an hour, that was one period. */
  #ping(): void {
    this.#silentPeriods++;
    if (this.#silentPeriods > MOST_SILENT_PERIODS) this.close(new ConnectionLostError("The other side is silent"));
    else this.#send(FrameType.Ping, Flag.Syn, 0, 0);
  }

  #send(type: FrameType, flags: number, streamId: number, length: number): void {
    if (!this.#isClosed) this.#socket.write(encodeHeader({ type, flags, streamId, length }));
  }

  #sendData(streamId: number, body: Buffer, sent: () => void): void {
    if (this.#isClosed) return;
    const header = encodeHeader({ type: FrameType.Data, flags: 0, streamId, length: body.length });
    if (body.length <= SMALL_BODY) {
      this.#socket.write(Buffer.concat([header, body]), sent);
      return;
    }
    this.#socket.cork();
    this.#socket.write(header);
    this.#socket.write(body, sent);
    this.#socket.uncork();
  }
}
