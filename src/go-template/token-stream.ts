import { quote } from "./go/quote.ts";
import { InterpolationError } from "./interpolation-error.ts";
import { type Token, tokenize } from "./lex.ts";

/** The tokens of a template with a place to read on from. */
export class TokenStream {
  readonly text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.text = text;
    this.#tokens = tokenize(text);
  }

  /** The next token; at the end of the text always the `end` token. */
  peek(): Token {
    return this.#tokens[this.#at] ?? { kind: "end", text: "", offset: this.text.length };
  }

  next(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }

  skipSpace(): this {
    while (this.peek().kind === "space") this.#at++;
    return this;
  }

  /** Takes the next token, after space, if it is this symbol or word. */
  accept(text: string): Token | undefined {
    const token = this.skipSpace().peek();
    return isPlain(token) && token.text === text ? this.next() : undefined;
  }

  /** Takes the `}}`. */
  expectClose(context: string): void {
    const token = this.skipSpace().next();
    if (token.kind !== "close") throw this.unexpected(token, context);
  }

  /** Runs a reader, and goes back to where it began when it returns undefined. */
  attempt<T>(reader: () => T | undefined): T | undefined {
    const start = this.#at;
    const result = reader();
    if (result === undefined) this.#at = start;
    return result;
  }

  unexpected(token: Token, context: string): InterpolationError {
    return this.error(`Unexpected ${describe(token)} in ${context}`, token.offset);
  }

  error(message: string, offset: number, hint?: string): InterpolationError {
    return new InterpolationError(message, { text: this.text, offset, hint });
  }
}

/** A symbol, keyword or function name, as against a string that happens to hold the same text. */
function isPlain({ kind }: Token): boolean {
  return kind === "word" || kind === "symbol";
}

function describe({ kind, text }: Token): string {
  if (kind === "end") return "end of the text";
  if (kind === "space") return "space";
  return kind === "close" ? '"}}"' : quote(text);
}
