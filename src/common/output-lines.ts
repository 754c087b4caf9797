import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { withoutControls } from "./without-controls.ts";

/** A longer line comes in pieces, so that a program that never ends its line cannot fill the memory. */
const LONGEST_LINE = 32_768;
/** How far before the end of a piece a blank is looked for. */
const BLANK_WITHIN = 4_096;

/**
 * A stream that gives what is written to it line by line, as a terminal would leave it: of a line that carriage returns
 * overwrite, the last text, and nothing that would change the terminal itself. Bytes that are no UTF-8 become U+FFFD. Call {@link flush} when the writer is done.
 */
export class OutputLines extends Writable {
  readonly #decoder = new StringDecoder("utf8");
  readonly #onLine: (line: string) => void;
  #rest = "";

  constructor(onLine: (line: string) => void) {
    super({ decodeStrings: true });
    this.#onLine = (line) => onLine(withoutControls(line));
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#take(this.#decoder.write(chunk));
    done();
  }

  /** Gives the last line when the writer did not end it. */
  flush(): void {
    this.#take(this.#decoder.end());
    if (this.#rest !== "") this.#onLine(lastOverwrite(this.#rest));
    this.#rest = "";
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#give(lastOverwrite(line));
    const start = this.#rest.lastIndexOf("\r", this.#rest.length - 2);
    if (start > 0) this.#rest = this.#rest.slice(start);
    if (this.#rest.length > 2 * LONGEST_LINE) this.#rest = this.#givePieces(this.#rest);
  }

  #give(line: string): void {
    this.#onLine(this.#givePieces(line));
  }

  /** Gives all but the last piece of a long line, and returns that. */
  #givePieces(line: string): string {
    let rest = line;
    while (rest.length > LONGEST_LINE) {
      // A piece ends at a blank where there is one: a secret in two pieces would not be recognised.
      const blank = rest.lastIndexOf(" ", LONGEST_LINE);
      const end = blank > LONGEST_LINE - BLANK_WITHIN ? blank + 1 : LONGEST_LINE;
      this.#onLine(rest.slice(0, end).trimEnd());
      rest = rest.slice(end);
    }
    return rest;
  }
}

function lastOverwrite(line: string): string {
  const text = line.trimEnd();
  return text.slice(text.lastIndexOf("\r") + 1);
}
