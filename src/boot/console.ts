import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** What a pattern is matched against: a menu that redraws itself for ever must not fill the memory. */
const KEPT_CHARACTERS = 65_536;
const TAIL_LINES = 25;

/** Escape sequences of a terminal, and control characters but for line feed and tab. */
const CONTROL = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[^[]|[\x00-\x08\x0b-\x1f\x7f]/g;

/** The text of a serial console as it comes. */
export class Console {
  readonly #decoder = new StringDecoder("utf8");
  readonly #onLine: ((line: string) => void) | undefined;
  #text = "";
  #lineStart = 0;

  constructor(onLine?: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Takes what a stream gives, and calls back after each piece. */
  listen(stream: Readable, onChange: () => void): void {
    stream.on("data", (chunk: Buffer) => {
      this.add(this.#decoder.write(chunk));
      onChange();
    });
  }

  add(text: string): void {
    this.#text += text;
    for (
      let end = this.#text.indexOf("\n", this.#lineStart);
      end >= 0;
      end = this.#text.indexOf("\n", this.#lineStart)
    ) {
      this.#onLine?.(clean(this.#text.slice(this.#lineStart, end)));
      this.#lineStart = end + 1;
    }
    const surplus = this.#text.length - KEPT_CHARACTERS;
    if (surplus <= 0) return;
    this.#text = this.#text.slice(surplus);
    this.#lineStart = Math.max(0, this.#lineStart - surplus);
  }

  /** What has been shown last, the unfinished line included: a login prompt ends no line. */
  text(): string {
    return clean(this.#text);
  }

  tail(): readonly string[] {
    const lines = this.text().split("\n");
    return lines.filter((line) => line.trim() !== "").slice(-TAIL_LINES);
  }
}

function clean(text: string): string {
  return text.replace(CONTROL, "");
}
