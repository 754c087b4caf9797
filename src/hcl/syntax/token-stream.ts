import type { Diagnostics } from "../source/diagnostic.ts";
import type { SourceFile, Span } from "../source/source-file.ts";
import type { Token, TokenType } from "./token.ts";

/** Levels of nesting, and links of a chain of operators, that an expression may have; deeper ones are refused. */
const DEEPEST_NESTING = 400;

/** Thrown where a grammar rule finds something else than it needs; the problem has been reported. */
export class SyntaxFailure extends Error {}

/** The tokens of a text, read one after the other; comments are left out. */
export class TokenStream {
  readonly source: SourceFile;
  readonly diagnostics: Diagnostics;
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;
  readonly #reported = new Set<string>();
  #closers: ReadonlyMap<number, number> | undefined;
  /** In parentheses and the like, a line end means nothing. */
  #areNewlinesSkipped = false;
  #isGivenUp = false;

  constructor(source: SourceFile, tokens: readonly Token[], diagnostics: Diagnostics) {
    this.source = source;
    this.diagnostics = diagnostics;
    this.#tokens = tokens.filter(({ type }) => type !== "comment");
  }

  /** The next token, which stays the next one. */
  peek(): Token {
    let index = this.#index;
    while (this.#areNewlinesSkipped && this.#tokens[index]?.type === "newline") index++;
    return this.#tokens[index] ?? (this.#tokens.at(-1) as Token);
  }

  /** The token after the next one. */
  peekSecond(): Token {
    const index = this.#index;
    this.next();
    const second = this.peek();
    this.#index = index;
    return second;
  }

  next(): Token {
    const token = this.peek();
    while (this.#tokens[this.#index] !== token) this.#index++;
    if (token.type !== "end-of-file") this.#index++;
    return token;
  }

  at(...types: readonly TokenType[]): boolean {
    return types.includes(this.peek().type);
  }

  /** The next token if it is of this type. */
  take(type: TokenType): Token | undefined {
    return this.at(type) ? this.next() : undefined;
  }

  /** The next token, which must be of this type. */
  expect(type: TokenType, summary: string, detail: string): Token {
    return this.take(type) ?? this.fail(summary, detail);
  }

  isKeyword(word: string): boolean {
    const token = this.peek();
    return token.type === "identifier" && this.text(token) === word;
  }

  takeKeyword(word: string): Token | undefined {
    return this.isKeyword(word) ? this.next() : undefined;
  }

  text({ start, end }: Token): string {
    return this.source.text.slice(start, end);
  }

  span(first: Token, last: Token = first): Span {
    return { source: this.source, start: first.start, end: last.end };
  }

  /** The token before the next one. */
  previous(): Token {
    return this.#tokens[this.#index - 1] ?? (this.#tokens[0] as Token);
  }

  /** From a token to the last one that was read. */
  spanFrom(first: Token): Span {
    return this.span(first, this.previous());
  }

  withNewlines<T>(areSkipped: boolean, parse: () => T): T {
    const before = this.#areNewlinesSkipped;
    this.#areNewlinesSkipped = areSkipped;
    try {
      return parse();
    } finally {
      this.#areNewlinesSkipped = before;
    }
  }

  /** Runs a rule that may contain itself, and refuses to go deeper than anything that can be evaluated. */
  nested<T>(parse: () => T): T {
    return this.chained(() => {
      this.deepen();
      return parse();
    });
  }

  /** Runs a rule that counts the links of its chain by `deepen()`; when it is over, they count no more. */
  chained<T>(parse: () => T): T {
    const before = this.#depth;
    try {
      return parse();
    } finally {
      this.#depth = before;
    }
  }

  /** Counts one more link of a chain, such as `a.b.c` or `1 + 2 + 3`, whose tree is as deep as the chain is long. */
  deepen(): void {
    this.#depth++;
    if (this.#depth <= DEEPEST_NESTING) return;
    const summary = "Too deeply nested";
    this.reportOnce(
      summary,
      `More than ${DEEPEST_NESTING} levels of nesting or chained operators; split it up.`,
      this.span(this.peek()),
    );
    // The brackets of the rest belong to what is too deep.
    this.#index = this.#tokens.length - 1;
    this.#isGivenUp = true;
    throw new SyntaxFailure(summary);
  }

  /** The rest of the text was not read, so that nothing can be said of what is missing there. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** Reports what would come up again and again once it has come up. */
  reportOnce(summary: string, detail: string, span: Span): void {
    if (!this.#reported.has(summary)) this.diagnostics.error(summary, detail, span);
    this.#reported.add(summary);
  }

  /** Reports a problem at the next token and leaves the rule; the lexer's own problems are reported in its words. */
  fail(summary: string, detail: string, span?: Span): never {
    const token = this.peek();
    const isLexical = token.type === "invalid" || token.type === "text-newline";
    if (!isLexical) this.diagnostics.error(summary, detail, span ?? this.span(token));
    throw new SyntaxFailure(summary);
  }

  /** The index of the next token, for `resume()`. */
  get position(): number {
    return this.#index;
  }

  /**
   * Skips what is left of a broken body item: to the line end after it, or to the brace that closes the body it is in.
   * @param start Where the item began
   */
  resumeAfterItem(start: number): void {
    const failedAt = this.#index;
    this.#areNewlinesSkipped = false;
    this.#index = this.#endOfItem(start, failedAt) ?? this.#endOfLine(failedAt);
  }

  /** The end of the item if its brackets are balanced; undefined when they are not, as then there is none. */
  #endOfItem(start: number, failedAt: number): number | undefined {
    this.#closers ??= this.#matchBrackets();
    for (let index = start; index < this.#tokens.length; index++) {
      const { type } = this.#tokens[index] as Token;
      if (index >= failedAt && (type === "newline" || type === "}" || type === "end-of-file")) return index;
      if (CLOSERS.has(type)) return undefined;
      if (!OPENERS.has(type)) continue;
      const closer = this.#closers.get(index);
      if (closer === undefined) return undefined;
      index = closer;
    }
    return undefined;
  }

  /** Where each bracket is closed, if it is; found once for the whole text, however many of its items are broken. */
  #matchBrackets(): ReadonlyMap<number, number> {
    const matches = new Map<number, number>();
    const open = new OpenBrackets();
    this.#tokens.forEach(({ type }, index) => {
      const openers = CLOSERS.get(type);
      if (OPENERS.has(type)) open.push(type, index);
      else if (openers) {
        const opener = open.closeDownTo(openers);
        if (opener !== undefined) matches.set(opener, index);
      }
      // The lexer has given up the string, and all that was opened in it.
      else if (type === "text-newline") while (open.closeDownTo(["quote"]) !== undefined);
      else if (type === "newline" && this.#isItemStart(index + 1)) open.closeWhile(["[", "("]);
    });
    return matches;
  }

  #endOfLine(failedAt: number): number {
    const lineStart = this.#tokens[failedAt - 1]?.type === "newline";
    if (lineStart && this.#isItemStart(failedAt)) return failedAt;
    for (let index = failedAt; index < this.#tokens.length; index++) {
      const type = this.#tokens[index]?.type;
      if (type === "newline" || type === "end-of-file") return index;
    }
    return this.#tokens.length - 1;
  }

  /** `name =` or `type "label"` or `type {`: nothing that can stand at the beginning of a line inside `[]` or `()`. */
  #isItemStart(index: number): boolean {
    if (this.#tokens[index]?.type !== "identifier") return false;
    const after = this.#tokens[index + 1]?.type;
    return after === "=" || after === "quote" || after === "{";
  }
}

const OPENERS: ReadonlySet<TokenType> = new Set(["{", "[", "(", "quote", "heredoc", "interpolation", "control"]);
const CLOSERS: ReadonlyMap<TokenType, readonly TokenType[]> = new Map([
  ["}", ["{"]],
  ["]", ["["]],
  [")", ["("]],
  ["end-quote", ["quote"]],
  ["end-heredoc", ["heredoc"]],
  ["end-sequence", ["interpolation", "control"]],
]);

/** Brackets that are open at a place, with how many there are of each type: a stray closer must not search them all. */
class OpenBrackets {
  readonly #open: { readonly type: TokenType; readonly index: number }[] = [];
  readonly #counts = new Map<TokenType, number>();

  push(type: TokenType, index: number): void {
    this.#open.push({ type, index });
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
  }

  /** Closes the innermost bracket of one of the types, and all inside it; gives its index, if there is one. */
  closeDownTo(types: readonly TokenType[]): number | undefined {
    if (!types.some((type) => this.#counts.get(type))) return undefined;
    for (let bracket = this.#pop(); bracket; bracket = this.#pop())
      if (types.includes(bracket.type)) return bracket.index;
    return undefined;
  }

  /** Closes the innermost brackets as long as they are of one of the types. */
  closeWhile(types: readonly TokenType[]): void {
    for (let last = this.#open.at(-1); last && types.includes(last.type); last = this.#open.at(-1)) this.#pop();
  }

  #pop() {
    const bracket = this.#open.pop();
    if (bracket) this.#counts.set(bracket.type, (this.#counts.get(bracket.type) ?? 0) - 1);
    return bracket;
  }
}
