import { countGraphemes, lengthOfGraphemes } from "../../common/graphemes.ts";
import type { Location } from "../../common/location.ts";

/** A text that templates are read from, with the place of every line. */
export class SourceFile {
  readonly name: string;
  readonly text: string;
  #lineStarts: readonly number[] | undefined;

  /** @param name As messages show it: a path, `<value for var.name>`, `<expression>` */
  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  /** Where an offset lies; lines and columns count from 1, columns in what a reader sees as one character. */
  locate(offset: number): Location {
    const line = this.#lineAt(offset);
    const before = this.text.slice(this.#starts()[line], offset);
    return { file: this.name, line: line + 1, column: countGraphemes(before) + 1 };
  }

  /** What {@link locate} has told, as an offset again; of what the line does not have, its end. */
  offsetOf({ line, column }: Pick<Location, "line" | "column">): number {
    const start = this.#starts()[line - 1] ?? this.text.length;
    return start + lengthOfGraphemes(this.lineText(line), column - 1);
  }

  /** The text of a line, counted from 1, without its line end. */
  lineText(line: number): string {
    const starts = this.#starts();
    return this.text.slice(starts[line - 1], starts[line]).replace(/\r?\n$/, "");
  }

  #lineAt(offset: number): number {
    const starts = this.#starts();
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #starts(): readonly number[] {
    if (this.#lineStarts) return this.#lineStarts;
    const starts = [0];
    for (let at = this.text.indexOf("\n"); at >= 0; at = this.text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.#lineStarts = starts;
    return starts;
  }
}

/** A piece of a source file, in offsets of UTF-16 units; `end` is the first one that no longer belongs to it. */
export interface Span {
  readonly source: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** The span from the beginning of one to the end of another. */
export function spanBetween(first: Span, last: Span): Span {
  return { source: first.source, start: first.start, end: Math.max(first.end, last.end) };
}

export function spanText({ source, start, end }: Span): string {
  return source.text.slice(start, end);
}

export function locationOf({ source, start }: Span): Location {
  return source.locate(start);
}
