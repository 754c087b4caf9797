import { quote } from "./go/quote.ts";
import { InterpolationError } from "./interpolation-error.ts";

export type TokenKind =
  | "text"
  | "open"
  | "close"
  | "space"
  | "string"
  | "character"
  | "number"
  | "word"
  | "field"
  | "variable"
  | "symbol"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Where it starts, in UTF-16 units. */
  readonly offset: number;
}

const LEFT_TRIM = /-[ \t\r\n]/y;
const COMMENT = /\/\*[\s\S]*?\*\//y;
const CLOSE = /(?:[ \t\r\n]+-)?\}\}/y;
const LEADING_SPACE = /[ \t\r\n]+/y;
/** What may follow a name; anything else is refused, so that `$x+2` is not read as two operands. */
const TERMINATOR = /[ \t\r\n.,|:)(]|\}\}|$/y;

/** The tokens of an action, tried in this order. */
const ACTION_TOKENS: readonly (readonly [TokenKind, RegExp])[] = [
  ["close", CLOSE],
  ["space", /[ \t\r\n]+/y],
  ["string", /"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"|`[^`]*`/y],
  ["character", /'[^'\\\n]*(?:\\[^\n][^'\\\n]*)*'/y],
  ["number", /[+-]?(?:0[xX][\da-fA-F_]+|0[oObB][\d_]+|(?=\.?\d)[\d_]*\.?[\d_]*(?:[eE][+-]?[\d_]+)?)/y],
  ["field", /\.[\p{L}\p{Nd}_]+/uy],
  ["variable", /\$[\p{L}\p{Nd}_]*/uy],
  ["word", /[\p{L}\p{Nd}_]+/uy],
  ["symbol", /:=|[=|(),.]/y],
];
const NAMES: ReadonlySet<TokenKind> = new Set(["field", "variable", "word"]);

/**
 * Splits a template into text and the tokens of its `{{ }}` actions. Comments and trimmed space leave no token.
 *
 * @throws {InterpolationError} for what is not a token, or an action or comment that does not end
 */
export function tokenize(text: string): Token[] {
  return new Lexer(text).run();
}

class Lexer {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): Token[] {
    for (let open = this.#text.indexOf("{{"); open >= 0; open = this.#text.indexOf("{{", this.#at)) {
      const trims = matchAt(LEFT_TRIM, this.#text, open + 2) !== undefined;
      const before = this.#text.slice(this.#at, open);
      this.#addText(trims ? trimRight(before) : before);
      this.#at = open + 2 + (trims ? 2 : 0);
      if (this.#text.startsWith("/*", this.#at)) this.#readComment(open);
      else this.#readAction(open);
    }
    this.#addText(this.#text.slice(this.#at));
    this.#tokens.push({ kind: "end", text: "", offset: this.#text.length });
    return this.#tokens;
  }

  #addText(text: string): void {
    if (text !== "") this.#tokens.push({ kind: "text", text, offset: this.#at });
  }

  #readComment(open: number): void {
    const comment = matchAt(COMMENT, this.#text, this.#at);
    if (comment === undefined) throw this.#error("The comment does not end", open, "Close it with */}}.");
    this.#at += comment.length;
    const close = matchAt(CLOSE, this.#text, this.#at);
    if (close === undefined) throw this.#error("After the end of a comment must come }}", this.#at);
    this.#close(close);
  }

  #readAction(open: number): void {
    this.#tokens.push({ kind: "open", text: "{{", offset: open });
    for (;;) {
      const offset = this.#at;
      const token = this.#readToken(open);
      this.#tokens.push({ ...token, offset });
      if (token.kind === "close") break;
      this.#at += token.text.length;
    }
    this.#close(this.#tokens.at(-1)?.text ?? "");
  }

  #readToken(open: number): { kind: TokenKind; text: string } {
    for (const [kind, pattern] of ACTION_TOKENS) {
      const text = matchAt(pattern, this.#text, this.#at);
      if (text === undefined) continue;
      if (NAMES.has(kind)) this.#expectTerminator(this.#at + text.length);
      return { kind, text };
    }
    throw this.#noToken(open);
  }

  #expectTerminator(at: number): void {
    if (matchAt(TERMINATOR, this.#text, at) === undefined) throw this.#unexpectedCharacter(at);
  }

  #noToken(open: number): InterpolationError {
    const next = this.#text[this.#at];
    if (next === undefined) {
      return this.#error("The action does not end", open, 'Close it with }}; a literal "{{" is written {{"{{"}}.');
    }
    if (next === '"' || next === "`") return this.#error("The string does not end", this.#at);
    if (next === "'") return this.#error("The character constant does not end", this.#at, 'Strings stand in "" or ``.');
    return this.#unexpectedCharacter(this.#at);
  }

  #unexpectedCharacter(at: number): InterpolationError {
    const character = String.fromCodePoint(this.#text.codePointAt(at) ?? 0);
    return this.#error(`Unexpected character ${quote(character)} in an action`, at);
  }

  /** Leaves the action: past the `}}`, and past the space behind it if it trims. */
  #close(close: string): void {
    this.#at += close.length;
    if (close.length > 2) this.#at += matchAt(LEADING_SPACE, this.#text, this.#at)?.length ?? 0;
  }

  #error(message: string, offset: number, hint?: string): InterpolationError {
    return new InterpolationError(message, { text: this.#text, offset, hint });
  }
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** A loop, as a pattern that ends in `$` would take quadratic time. */
function trimRight(text: string): string {
  let end = text.length;
  while (end > 0 && " \t\r\n".includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
