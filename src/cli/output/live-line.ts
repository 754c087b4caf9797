import type { TextSink } from "../../terminal/io.ts";

/** Back to the first column, and the line erased. */
const ERASE = "\r\u001b[2K";

/**
 * A line at the bottom of a terminal that says what is going on, and stays there while other lines pass above it.
 * Where there is no terminal it is never seen.
 */
export class LiveLine {
  readonly #sink: TextSink;
  #text = "";

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  /** Changes the line; an empty one is none. */
  show(text: string): void {
    if (!this.#sink.isTerminal || text === this.#text) return;
    const shown = cut(text, this.#sink.columns() - 1);
    this.#sink.write(`${this.#text === "" ? "" : ERASE}${shown}`);
    this.#text = text;
  }

  /** Writes whole lines above it. */
  above(sink: TextSink, text: string): void {
    if (this.#text !== "") this.#sink.write(ERASE);
    sink.write(`${text}\n`);
    if (this.#text !== "") this.#sink.write(cut(this.#text, this.#sink.columns() - 1));
  }
}

function cut(text: string, columns: number): string {
  const characters = [...text];
  return characters.length <= columns ? text : `${characters.slice(0, Math.max(0, columns - 1)).join("")}…`;
}
