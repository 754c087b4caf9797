import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { CancelledError } from "../common/errors.ts";

/**
 * Reads a stream line by line, but only while somebody waits for a line: a shell that a build starts may read it too.
 * What came along with an answer is kept for the next question.
 */
export class LineReader {
  readonly #stream: Readable;
  readonly #decoder = new StringDecoder("utf8");
  #buffer = "";
  #hasEnded = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(stream: Readable) {
    this.#stream = stream;
  }

  /**
   * The next line, without its end. One question at a time: several builds may ask.
   * @throws {CancelledError} at the end of the stream, or when the signal fires
   */
  next(signal?: AbortSignal): Promise<string> {
    const answer = this.#last.then(() => this.#read(signal));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #read(signal: AbortSignal | undefined): Promise<string> {
    for (;;) {
      const line = this.#takeLine();
      if (line !== undefined) return line;
      if (this.#hasEnded) throw new CancelledError("Standard input has ended: nobody can answer");
      await this.#more(signal);
    }
  }

  #takeLine(): string | undefined {
    const end = this.#buffer.indexOf("\n");
    if (end < 0 && !(this.#hasEnded && this.#buffer !== "")) return undefined;
    const line = end < 0 ? this.#buffer : this.#buffer.slice(0, end);
    this.#buffer = end < 0 ? "" : this.#buffer.slice(end + 1);
    return line.replace(/\r$/, "");
  }

  /** Waits for another piece of the stream, or its end. */
  #more(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (act: () => void) => {
        signal?.removeEventListener("abort", cancel);
        this.#stream.off("data", take).off("end", end).off("error", end).pause();
        act();
      };
      const cancel = () => stop(() => reject(new CancelledError()));
      const take = (piece: Buffer | string) => {
        this.#buffer += typeof piece === "string" ? piece : this.#decoder.write(piece);
        stop(resolve);
      };
      const end = () => {
        this.#hasEnded = true;
        stop(resolve);
      };
      if (signal?.aborted) return reject(new CancelledError());
      if (this.#stream.readableEnded) return end();
      signal?.addEventListener("abort", cancel, { once: true });
      this.#stream.on("data", take).on("end", end).on("error", end).resume();
    });
  }
}
