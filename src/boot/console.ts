import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { type Clock, systemClock } from "../common/clock.ts";

/** What a pattern is matched against: a menu that redraws itself for ever must not fill the memory. */
const KEPT_CHARACTERS = 65_536;
const TAIL_LINES = 25;

/** Escape sequences of a terminal, and control characters but for line feed and tab. */
const CONTROL = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[^[]|[\x00-\x08\x0b-\x1f\x7f]/g;

/** The text of a serial console as it comes, and whether more of it comes. */
export class Console {
  readonly #decoder = new StringDecoder("utf8");
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #clock: Clock;
  #text = "";
  #lineStart = 0;
  #lines = 0;
  #changedAt: number;
  #longestPauseMs = 0;

  constructor(onLine?: (line: string) => void, clock: Clock = systemClock) {
    this.#onLine = onLine;
    this.#clock = clock;
    this.#changedAt = clock.now();
  }

  /** Takes what a stream gives, and calls back after each piece. */
  listen(stream: Readable, onChange: () => void): void {
    stream.on("data", (chunk: Buffer) => {
      this.add(this.#decoder.write(chunk));
      onChange();
    });
  }

  add(text: string): void {
    this.#longestPauseMs = Math.max(this.#longestPauseMs, this.silentMs());
    this.#changedAt = this.#clock.now();
    this.#text += text;
    for (
      let end = this.#text.indexOf("\n", this.#lineStart);
      end >= 0;
      end = this.#text.indexOf("\n", this.#lineStart)
    ) {
      this.#tellLine(end);
      this.#lineStart = end + 1;
    }
    const surplus = this.#text.length - KEPT_CHARACTERS;
    if (surplus <= 0) return;
    this.#text = this.#text.slice(surplus);
    this.#lineStart = Math.max(0, this.#lineStart - surplus);
  }

  /** Nothing more will come: the line that was begun counts as it is. */
  end(): void {
    if (this.#lineStart < this.#text.length) this.#tellLine(this.#text.length);
    this.#lineStart = this.#text.length;
  }

  #tellLine(end: number): void {
    const line = clean(this.#text.slice(this.#lineStart, end));
    if (line.trim() !== "") this.#lines += 1;
    this.#onLine?.(line);
  }

  /** What has been shown last, the unfinished line included: a login prompt ends no line. */
  text(): string {
    return clean(this.#text);
  }

  /** How many lines it has shown to their end, empty ones aside. */
  get lines(): number {
    return this.#lines;
  }

  /** How long it has shown nothing new. */
  silentMs(): number {
    return this.#clock.now() - this.#changedAt;
  }

  /** Whether a guest as slow as this one has shown itself to be may just be at work: its silence is nothing new. */
  isMoving(): boolean {
    return this.#text !== "" && this.silentMs() <= this.#longestPauseMs;
  }

  tail(): readonly string[] {
    const lines = this.text().split("\n");
    return lines.filter((line) => line.trim() !== "").slice(-TAIL_LINES);
  }
}

function clean(text: string): string {
  return text.replace(CONTROL, "");
}
