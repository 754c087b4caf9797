import type { Duplex } from "node:stream";
import { ChrootError } from "../../common/errors.ts";
import { ConnectionLostError } from "../protocol-error.ts";
import { encodePair, readValues } from "./codec.ts";
import { countOf, fieldsOf, textOf } from "./fields.ts";

/** The other side answered a call with an error; the message is its text as it came. */
export class RemoteError extends ChrootError {
  override readonly code = "E_PACKER_REMOTE";
}

interface PendingCall {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Calls methods over a stream, as Go's net/rpc client does. */
export class RpcClient {
  readonly #stream: Duplex;
  readonly #pending = new Map<number, PendingCall>();
  #nextSeq = 0;
  #ended: Error | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    this.#readAnswers().then(
      () => this.#end(new ConnectionLostError("The other side has ended the stream")),
      (cause) => this.#end(new ConnectionLostError("The stream has failed", { cause })),
    );
  }

  /**
   * Calls a method and waits for its result; calls may overlap.
   * @throws {RemoteError} with the text of the other side's error
   * @throws {ConnectionLostError} when the stream ends first
   */
  call(method: string, argument: unknown = null): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended);
    const seq = this.#nextSeq++;
    return new Promise((resolve, reject) => {
      this.#pending.set(seq, { resolve, reject });
      this.#stream.write(encodePair({ ServiceMethod: method, Seq: seq }, argument));
    });
  }

  /** Ends the stream; calls that are still open fail. */
  close(): void {
    this.#stream.end();
    this.#end(new ConnectionLostError("The stream was closed"));
  }

  async #readAnswers(): Promise<void> {
    let header: unknown;
    for await (const value of readValues(this.#stream)) {
      if (header === undefined) {
        header = fieldsOf(value);
        continue;
      }
      this.#settle(header, value);
      header = undefined;
    }
  }

  #settle(header: unknown, result: unknown): void {
    const { Seq, Error: error } = fieldsOf(header);
    const seq = countOf(Seq);
    const call = this.#pending.get(seq);
    this.#pending.delete(seq);
    const text = textOf(error);
    if (text === "") call?.resolve(result);
    else call?.reject(new RemoteError(text));
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    for (const { reject } of this.#pending.values()) reject(this.#ended);
    this.#pending.clear();
  }
}
