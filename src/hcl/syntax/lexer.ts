import { SIGNS, type Token, type TokenType } from "./token.ts";

/** Where the lexer is: in code, or in the text of one of the three kinds of templates. */
type Mode =
  | { readonly kind: "code"; braces: number; readonly isSequence: boolean }
  | { readonly kind: "quoted" }
  | { readonly kind: "heredoc"; readonly marker: string; isStartOfLine: boolean }
  | { readonly kind: "bare" };

const SPACES = /[ \t]+/y;
const NEWLINE = /\r?\n/y;
const IDENTIFIER = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;
/** `1`, `1.5`, `1e-3`; also `1.2.3`, which the parser refuses as a whole. It never ends in a point. */
const NUMBER_START = /\d+/y;
const NUMBER_REST = /\.*(?:\d+|[eE][+-]?\d+)/y;
const HEREDOC = /<<-?([\p{ID_Start}_][\p{ID_Continue}-]*)\r?\n/uy;
/** A stretch of a quoted text. Not with a `+` around it: a text of megabytes would need as large a stack. */
const QUOTED_TEXT = /[^$%"\\\r\n]+|\\[^\r\n]/y;
const PLAIN_TEXT = /[^$%\r\n]+/y;

/**
 * Cuts a text into tokens; whatever the text is, the tokens come in order, do not overlap, and end with `end-of-file`.
 * Spaces and tabs between tokens in code are in none.
 *
 * @param start `code` for a file or an expression, `template` for the bare text of a template
 * @param offset Where in the text to begin
 */
export function tokenize(text: string, start: "code" | "template" = "code", offset = 0): readonly Token[] {
  return new Lexer(text, start, offset).run();
}

class Lexer {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  readonly #modes: Mode[];
  #at: number;

  constructor(text: string, start: "code" | "template", offset: number) {
    this.#text = text;
    this.#at = offset;
    this.#modes = [start === "code" ? { kind: "code", braces: 0, isSequence: false } : { kind: "bare" }];
  }

  run(): readonly Token[] {
    // A byte order mark at the beginning is part of the encoding, not of the text.
    if (this.#at === 0 && this.#text.startsWith("\uFEFF")) this.#at = 1;
    while (this.#at < this.#text.length) {
      const mode = this.#modes.at(-1) as Mode;
      if (mode.kind === "code") this.#code(mode);
      else if (this.#sequence(mode)) continue;
      else if (mode.kind === "quoted") this.#quotedText();
      else this.#plainText(mode);
    }
    this.#tokens.push({ type: "end-of-file", start: this.#at, end: this.#at });
    return this.#tokens;
  }

  #emit(type: TokenType, length: number): void {
    this.#tokens.push({ type, start: this.#at, end: this.#at + length });
    this.#at += length;
  }

  /** Length of what the sticky pattern matches here, 0 for nothing. */
  #match(pattern: RegExp): number {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0].length ?? 0;
  }

  /** Length of all that the sticky pattern matches one after the other, `after` so many characters. */
  #matchAll(pattern: RegExp, after = 0): number {
    let end = this.#at + after;
    for (pattern.lastIndex = end; pattern.test(this.#text); ) end = pattern.lastIndex;
    return end - this.#at - after;
  }

  #number(): number {
    const start = this.#match(NUMBER_START);
    return start && start + this.#matchAll(NUMBER_REST, start);
  }

  /** Length of a whole comment, without its line end. */
  #comment(): number {
    if (this.#text.startsWith("/*", this.#at)) {
      const end = this.#text.indexOf("*/", this.#at + 2);
      return end < 0 ? 0 : end + 2 - this.#at;
    }
    if (!this.#text.startsWith("#", this.#at) && !this.#text.startsWith("//", this.#at)) return 0;
    const end = this.#text.indexOf("\n", this.#at);
    const line = this.#text.slice(this.#at, end < 0 ? undefined : end);
    return end >= 0 && line.endsWith("\r") ? line.length - 1 : line.length;
  }

  #code(mode: Mode & { kind: "code" }): void {
    const spaces = this.#match(SPACES);
    if (spaces > 0) {
      this.#at += spaces;
      return;
    }
    const character = this.#text.charAt(this.#at);
    if (character === "{" || character === "}" || this.#text.startsWith("~}", this.#at)) {
      this.#brace(mode);
      return;
    }
    if (character === '"') {
      this.#emit("quote", 1);
      this.#modes.push({ kind: "quoted" });
      return;
    }
    if (character === "<" && this.#heredoc()) return;
    this.#word();
  }

  #word(): void {
    const rules: readonly (readonly [TokenType, () => number])[] = [
      ["newline", () => this.#match(NEWLINE)],
      ["comment", () => this.#comment()],
      ["identifier", () => this.#match(IDENTIFIER)],
      ["number", () => this.#number()],
    ];
    for (const [type, measure] of rules) {
      const length = measure();
      if (length > 0) {
        this.#emit(type, length);
        return;
      }
    }
    // A comment that never ends takes the rest of the text with it.
    const isComment = this.#text.startsWith("/*", this.#at);
    const sign = SIGNS.find((candidate) => this.#text.startsWith(candidate, this.#at));
    if (isComment) this.#emit("invalid", this.#text.length - this.#at);
    else if (sign) this.#emit(sign, sign.length);
    else this.#emit("invalid", (this.#text.codePointAt(this.#at) ?? 0) > 0xffff ? 2 : 1);
  }

  #brace(mode: Mode & { kind: "code" }): void {
    if (this.#text.charAt(this.#at) === "{") {
      mode.braces++;
      this.#emit("{", 1);
      return;
    }
    const length = this.#text.charAt(this.#at) === "~" ? 2 : 1;
    if (mode.isSequence && mode.braces === 0) {
      this.#emit("end-sequence", length);
      this.#modes.pop();
      return;
    }
    mode.braces--;
    this.#emit(length === 2 ? "end-sequence" : "}", length);
  }

  #heredoc(): boolean {
    HEREDOC.lastIndex = this.#at;
    const match = HEREDOC.exec(this.#text);
    if (!match?.[1]) return false;
    this.#emit("heredoc", match[0].length);
    this.#modes.push({ kind: "heredoc", marker: match[1], isStartOfLine: true });
    return true;
  }

  /** The opening of a `${}` or `%{}` sequence. */
  #sequence(mode: Mode): boolean {
    const isInterpolation = this.#text.startsWith("${", this.#at);
    if (!isInterpolation && !this.#text.startsWith("%{", this.#at)) return false;
    this.#emit(isInterpolation ? "interpolation" : "control", this.#text.charAt(this.#at + 2) === "~" ? 3 : 2);
    if (mode.kind === "heredoc") mode.isStartOfLine = false;
    this.#modes.push({ kind: "code", braces: 0, isSequence: true });
    return true;
  }

  #plainText(mode: Mode & { kind: "heredoc" | "bare" }): void {
    if (mode.kind === "heredoc" && mode.isStartOfLine && this.#endHeredoc(mode.marker)) return;
    const text = this.#sign() || this.#match(PLAIN_TEXT);
    NEWLINE.lastIndex = this.#at + text;
    const length = text + (NEWLINE.exec(this.#text)?.[0].length ?? 0);
    // Only a carriage return without a line feed is neither text nor a line end.
    this.#emit(length > 0 ? "text" : "invalid", length || 1);
    if (mode.kind === "heredoc") mode.isStartOfLine = this.#text.charAt(this.#at - 1) === "\n";
  }

  #quotedText(): void {
    const character = this.#text.charAt(this.#at);
    if (character === '"') {
      this.#emit("end-quote", 1);
      this.#modes.pop();
    } else if (character === "\n" || character === "\r") this.#abandonString();
    else this.#emit("text", this.#sign() || this.#matchAll(QUOTED_TEXT) || 1);
  }

  /** A line end in a quoted string: its quote is missing, so all that was opened since the first one is closed. */
  #abandonString(): void {
    this.#emit("text-newline", 0);
    this.#modes.length = this.#modes.findIndex(({ kind }) => kind === "quoted");
  }

  /** Length of a `$` or `%` that opens no sequence: 3 or 4 for an escaped opening such as `$${`, else 1; 0 if neither. */
  #sign(): number {
    const character = this.#text.charAt(this.#at);
    if (character !== "$" && character !== "%") return 0;
    return this.#text.startsWith(`${character}${character}{`, this.#at) ? 3 : 1;
  }

  /** The marker alone on its line, spaces around it allowed; its line end is the next token, as it ends the attribute. */
  #endHeredoc(marker: string): boolean {
    const end = this.#text.indexOf("\n", this.#at);
    const line = this.#text.slice(this.#at, Math.max(end, this.#at)).replace(/\r$/, "");
    if (end < 0 || line.includes("\r") || line.trim() !== marker) return false;
    this.#emit("end-heredoc", line.length);
    this.#modes.pop();
    return true;
  }
}
