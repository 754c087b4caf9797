import { FunctionError } from "../function.ts";

const LINE_BREAKS = "\n\r\u0085\u2028\u2029";
/** The characters of YAML 1.1; a byte order mark is one of them. */
const FORBIDDEN = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Where in a YAML text something is; all counted from 0, in characters. */
export interface Mark {
  readonly index: number;
  readonly line: number;
  readonly column: number;
}

/** A YAML text that is read character by character. */
export class YamlText {
  readonly #text: string;
  #at = 0;
  #index = 0;
  #line = 0;
  #column = 0;

  /** @throws {FunctionError} when it has a character that YAML does not have */
  constructor(text: string) {
    // A byte order mark says how a file is encoded; it is no part of the text.
    this.#text = text.startsWith("\ufeff") ? text.slice(1) : text;
    if (FORBIDDEN.test(text)) throw new FunctionError("control characters are not allowed in YAML");
  }

  get mark(): Mark {
    return { index: this.#index, line: this.#line, column: this.#column };
  }

  get column(): number {
    return this.#column;
  }

  /** A coming character; empty behind the end. */
  peek(ahead = 0): string {
    return this.#text.charAt(this.#at + ahead);
  }

  startsWith(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  isEnd(ahead = 0): boolean {
    return this.#at + ahead >= this.#text.length;
  }

  /** A space or a tab. */
  isBlank(ahead = 0): boolean {
    const character = this.peek(ahead);
    return character === " " || character === "\t";
  }

  isBreak(ahead = 0): boolean {
    return !this.isEnd(ahead) && LINE_BREAKS.includes(this.peek(ahead));
  }

  isBreakOrEnd(ahead = 0): boolean {
    return this.isEnd(ahead) || this.isBreak(ahead);
  }

  isSpace(ahead = 0): boolean {
    return this.isBlank(ahead) || this.isBreakOrEnd(ahead);
  }

  /** `---` or `...` alone at the beginning of a line. */
  isDocumentMark(mark: "---" | "..."): boolean {
    return this.#column === 0 && this.startsWith(mark) && this.isSpace(3);
  }

  /** The next character, which is no line break. */
  read(): string {
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    this.#at += character.length;
    this.#index++;
    this.#column++;
    return character;
  }

  skip(count = 1): void {
    for (let left = count; left > 0; left--) this.read();
  }

  readWhile(isWanted: () => boolean): string {
    const start = this.#at;
    while (isWanted()) this.skip();
    return this.#text.slice(start, this.#at);
  }

  skipBlanks(): void {
    while (this.isBlank()) this.skip();
  }

  skipComment(): void {
    if (this.peek() === "#") while (!this.isBreakOrEnd()) this.skip();
  }

  /** The next line break; all but the separators of Unicode are a line feed. */
  readBreak(): string {
    const length = this.startsWith("\r\n") ? 2 : 1;
    const character = this.peek();
    this.#at += length;
    this.#index += length;
    this.#line++;
    this.#column = 0;
    return character === "\u2028" || character === "\u2029" ? character : "\n";
  }

  fail(problem: string, { line }: { readonly line: number } = this.mark): never {
    throw new FunctionError(`on line ${line + 1}: ${problem}`);
  }
}
