import { secrets } from "../../common/secrets.ts";
import type { TextSink } from "../../terminal/io.ts";
import { cutToWidth, plainText } from "../../terminal/text-width.ts";

/**
 * Erases the cursor's line, and then what is below it. The second not from the first column: that may be a whole screen,
 * which tmux puts into its history when it is erased.
 */
const ERASE = "\r\u001b[2K\u001b[C\u001b[J\r";
/** What is between these is shown at once, where the terminal knows them; others ignore them. */
const [BEGIN, END] = ["\u001b[?2026h", "\u001b[?2026l"];

/**
 * Lines at the bottom of a terminal that say what is going on, and stay there while other lines pass above them. Where
 * there is no terminal they are never seen.
 *
 * Between two writes the cursor stands at the beginning of the first of them: a terminal that gets another width breaks
 * lines anew, and how many rows they take then only it knows; but the cursor stays where it was in the text, and from
 * there everything can be erased.
 */
export class LiveLines implements Disposable {
  readonly #sink: TextSink;
  readonly #stopListening: () => void;
  #lines: readonly string[] = [];
  #painted = "";

  constructor(sink: TextSink) {
    this.#sink = sink;
    this.#stopListening = sink.onResize(() => this.#paint());
  }

  /** Changes the lines. */
  show(lines: readonly string[]): void {
    this.#lines = lines;
    if (this.#layOut() !== this.#painted) this.#paint();
  }

  /** Writes whole lines above them. */
  above(sink: TextSink, text: string): void {
    this.#erase();
    sink.write(`${text}\n`);
    this.#paint();
  }

  [Symbol.dispose](): void {
    this.show([]);
    this.#stopListening();
  }

  #erase(): void {
    if (this.#painted !== "") this.#sink.write(ERASE);
    this.#painted = "";
  }

  #paint(): void {
    const layout = this.#layOut();
    const before = this.#painted === "" ? "" : ERASE;
    if (before + layout !== "") this.#sink.writeExact(`${BEGIN}${before}${layout}${END}`);
    this.#painted = layout;
  }

  /** The lines as the terminal has room for them, and the way back to the first. */
  #layOut(): string {
    if (!this.#sink.isTerminal || this.#lines.length === 0) return "";
    const rows = Math.max(1, this.#sink.rows() - 1);
    const hidden = this.#lines.length > rows ? this.#lines.length - rows + 1 : 0;
    const shown = this.#lines.slice(0, this.#lines.length - hidden).map((line) => this.#layOutLine(line));
    if (hidden > 0) shown.push(cutToWidth(`... and ${hidden} more`, this.#sink.columns() - 1));
    return `${shown.join("\r\n")}\r${shown.length > 1 ? `\u001b[${shown.length - 1}A` : ""}`;
  }

  /** The last column stays free: a full row would leave the cursor in doubt. */
  #layOutLine(text: string): string {
    // Before it is cut, or half a secret would not be recognised.
    return cutToWidth(plainText(secrets.mask(text)), this.#sink.columns() - 1);
  }
}
