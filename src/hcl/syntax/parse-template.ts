import { countGraphemes } from "../../common/graphemes.ts";
import { suggestName } from "../../common/suggest-name.ts";
import type { Span } from "../source/source-file.ts";
import { stringValue } from "../values/value.ts";
import { resolveText } from "./string-text.ts";
import type { Expression, ForExpression } from "./syntax.ts";
import type { Token, TokenType } from "./token.ts";
import type { TokenStream } from "./token-stream.ts";

/** A piece of a template, before `%{ if }` and `%{ for }` have found their ends. */
type Piece =
  | { readonly kind: "text"; text: string; span: Span }
  | { readonly kind: "interpolation"; readonly expression: Expression; readonly span: Span }
  | { readonly kind: "if"; readonly condition: Expression; readonly span: Span }
  | {
      readonly kind: "for";
      readonly intro: ForIntro;
      readonly span: Span;
    }
  | { readonly kind: "else"; readonly span: Span }
  | { readonly kind: "endif"; readonly span: Span }
  | { readonly kind: "endfor"; readonly span: Span };

/** What the grammar of templates needs of that of expressions, given to it as the two contain each other. */
export interface ExpressionGrammar {
  parseExpression(stream: TokenStream): Expression;
  parseForIntro(stream: TokenStream, noun: "expression" | "directive"): ForIntro;
}

/** The names and the collection of a `for`. */
export type ForIntro = Pick<ForExpression, "keyName" | "valueName" | "collection">;

export interface TemplatePart {
  readonly expression: Expression;
  /** The part is a `${}` as such, not text and not a directive. */
  readonly isInterpolation: boolean;
}

/**
 * `parts = (text | "${" "~"? Expression "~"? "}" | "%{" "~"? Directive "~"? "}")*`, up to and with the closing token.
 *
 * @param open The token that the template began with, for messages
 * @param isIndented A `<<-` heredoc: the indentation that all its lines have is taken away
 */
export function parseTemplateParts(
  stream: TokenStream,
  open: Token,
  close: TokenType,
  isIndented: boolean,
  grammar: ExpressionGrammar,
): readonly TemplatePart[] {
  const pieces = stream.withNewlines(false, () => readPieces(stream, open, close, grammar));
  if (isIndented) removeIndentation(pieces);
  const builder = new TemplateBuilder(stream, joinTexts(pieces));
  const parts = builder.build();
  return parts.length > 0 ? parts : [textPart("", stream.span(open))];
}

function readPieces(stream: TokenStream, open: Token, close: TokenType, grammar: ExpressionGrammar): Piece[] {
  const pieces: Piece[] = [];
  let isTrimmed = false;
  for (;;) {
    const token = stream.peek();
    if (stream.take(close)) return pieces;
    if (token.type === "text") {
      pieces.push(readText(stream, close === "end-quote", isTrimmed));
      isTrimmed = false;
    } else if (token.type === "interpolation" || token.type === "control") {
      if (stream.text(token).endsWith("~")) trimEnd(pieces.at(-1));
      const piece = stream.withNewlines(true, () => readSequence(stream, open, grammar));
      pieces.push(piece);
      isTrimmed = stream.text(stream.previous()).startsWith("~");
    } else failUnterminated(stream, open, close);
  }
}

function failUnterminated(stream: TokenStream, open: Token, close: TokenType): never {
  const advice = close === "end-heredoc" ? " The marker stands alone on a line, which must have a line end." : "";
  stream.fail(
    "Unterminated template string",
    `No closing marker was found for the string.${advice}`,
    stream.span(open),
  );
}

function readText(stream: TokenStream, isQuoted: boolean, isTrimmed: boolean): Piece {
  const token = stream.next();
  const text = resolveText(stream.text(token), isQuoted, (offset, length, reason) => {
    const start = token.start + offset;
    stream.diagnostics.error("Invalid escape sequence", reason, { source: stream.source, start, end: start + length });
  });
  return { kind: "text", text: isTrimmed ? text.trimStart() : text, span: stream.span(token) };
}

/** A strip marker takes spaces from the text next to it, in a heredoc from its own line only. */
function trimEnd(piece: Piece | undefined): void {
  if (piece?.kind === "text") piece.text = piece.text.trimEnd();
}

function readSequence(stream: TokenStream, open: Token, grammar: ExpressionGrammar): Piece {
  const start = stream.next();
  const piece = start.type === "control" ? readDirective(stream, start, grammar) : undefined;
  const expression = piece ? undefined : grammar.parseExpression(stream);
  if (!stream.at("end-sequence")) failUnclosed(stream, open, start);
  stream.next();
  const span = stream.spanFrom(start);
  return expression ? { kind: "interpolation", expression, span } : { ...(piece as Piece), span };
}

function failUnclosed(stream: TokenStream, open: Token, start: Token): never {
  const sign = stream.text(start).slice(0, 2);
  if (stream.at("end-of-file", "quote", "end-quote", "text-newline")) {
    const detail = `The "${sign}" has no closing brace before the end of the string.`;
    stream.fail("Unclosed template sequence", detail, stream.span(open, start));
  }
  const escaped = `${sign.charAt(0)}${sign}`;
  const detail = `A closing brace must follow. If this belongs to another language, such as shell, write "${escaped}".`;
  stream.fail("Extra characters after template expression", detail);
}

/** `Directive = "if" Expression | "else" | "endif" | "for" identifier ("," identifier)? "in" Expression | "endfor"` */
function readDirective(stream: TokenStream, start: Token, grammar: ExpressionGrammar): Piece {
  const span = stream.span(start);
  const word = stream.peek();
  if (word.type !== "identifier") {
    stream.fail("Invalid template directive", 'A word such as "if" or "for" is required after "%{".');
  }
  const name = stream.text(word);
  if (!isDirective(name)) {
    const detail = `"${name}" is not a template directive.${suggestName(name, DIRECTIVES)}`;
    return stream.fail("Invalid template directive", detail);
  }
  stream.next();
  if (name === "if") return { kind: name, condition: grammar.parseExpression(stream), span };
  if (name === "for") return { kind: name, intro: grammar.parseForIntro(stream, "directive"), span };
  return { kind: name, span };
}

const DIRECTIVES = ["if", "else", "endif", "for", "endfor"] as const;

function isDirective(name: string): name is (typeof DIRECTIVES)[number] {
  return DIRECTIVES.some((directive) => directive === name);
}

/** Takes from every line the spaces that the least indented one begins with; lines of spaces only are left alone. */
function removeIndentation(pieces: readonly Piece[]): void {
  const lines: (Piece & { kind: "text" })[] = [];
  let least = Number.POSITIVE_INFINITY;
  let isLineStart = true;
  for (const piece of pieces) {
    if (isLineStart) {
      const indentation = indentationOf(piece);
      if (indentation !== undefined) least = Math.min(least, indentation);
      if (indentation !== undefined && piece.kind === "text") lines.push(piece);
    }
    isLineStart = piece.kind === "text" && piece.text.endsWith("\n");
  }
  if (least === Number.POSITIVE_INFINITY) return;
  for (const line of lines) {
    // A tab counts as one, like a space; no space character is more than one UTF-16 unit.
    line.text = line.text.slice(least);
  }
}

/** Spaces at the beginning of a line; undefined for a line that has nothing else. */
function indentationOf(piece: Piece): number | undefined {
  if (piece.kind !== "text") return 0;
  const trimmed = piece.text.trimStart();
  if (trimmed === "" && piece.text.endsWith("\n")) return undefined;
  return countGraphemes(piece.text.slice(0, piece.text.length - trimmed.length));
}

/** The lexer cuts a text at line ends and at every `$`; to a reader it is one. */
function joinTexts(pieces: readonly Piece[]): readonly Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (piece.kind === "text" && last?.kind === "text") {
      last.text += piece.text;
      last.span = { ...last.span, end: piece.span.end };
    } else joined.push(piece);
  }
  return joined;
}

/** Turns the flat list of pieces into expressions: a directive takes in what stands before its end. */
class TemplateBuilder {
  readonly #stream: TokenStream;
  readonly #pieces: readonly Piece[];
  #index = 0;

  constructor(stream: TokenStream, pieces: readonly Piece[]) {
    this.#stream = stream;
    this.#pieces = pieces;
  }

  /** Every piece; there must be none left that ends or divides a directive. */
  build(): readonly TemplatePart[] {
    const parts = this.#until([]);
    const stray = this.#pieces[this.#index];
    if (stray)
      this.#stream.fail(`Unexpected ${stray.kind} directive`, "There is no directive for it to end.", stray.span);
    return parts;
  }

  /** Parts up to a directive of one of these kinds, or one that does not belong here, or the end. */
  #until(ends: readonly Piece["kind"][]): readonly TemplatePart[] {
    const parts: TemplatePart[] = [];
    for (
      let piece = this.#pieces[this.#index];
      piece && !ends.includes(piece.kind);
      piece = this.#pieces[this.#index]
    ) {
      const part = this.#part(piece);
      if (!part) break;
      parts.push(part);
    }
    return parts;
  }

  #part(piece: Piece): TemplatePart | undefined {
    if (piece.kind === "else" || piece.kind === "endif" || piece.kind === "endfor") return undefined;
    this.#index++;
    if (piece.kind === "text") return textPart(piece.text, piece.span);
    if (piece.kind === "interpolation") return { expression: piece.expression, isInterpolation: true };
    return this.#stream.nested(() => (piece.kind === "if" ? this.#if(piece) : this.#for(piece)));
  }

  #if(open: Piece & { kind: "if" }): TemplatePart {
    const whenTrue = this.#template(this.#until(["else", "endif"]), open.span);
    const hasElse = this.#pieces[this.#index]?.kind === "else";
    if (hasElse) this.#index++;
    const whenFalse = this.#template(hasElse ? this.#until(["endif"]) : [], open.span);
    const span = this.#end(open, "endif");
    return {
      expression: { kind: "conditional", span, condition: open.condition, whenTrue, whenFalse },
      isInterpolation: false,
    };
  }

  #for(open: Piece & { kind: "for" }): TemplatePart {
    const value = this.#template(this.#until(["endfor"]), open.span);
    const span = this.#end(open, "endfor");
    const tuple = {
      kind: "for" as const,
      span,
      ...open.intro,
      key: undefined,
      value,
      condition: undefined,
      isGrouped: false,
    };
    return { expression: { kind: "join", span, tuple }, isInterpolation: false };
  }

  #template(parts: readonly TemplatePart[], empty: Span): Expression {
    const expressions = (parts.length > 0 ? parts : [textPart("", empty)]).map(({ expression }) => expression);
    return { kind: "template", span: (expressions[0] as Expression).span, parts: expressions };
  }

  #end(open: Piece, kind: "endif" | "endfor"): Span {
    const end = this.#pieces[this.#index];
    if (end === undefined) {
      return this.#stream.fail(
        "Unexpected end of template",
        `This "${open.kind}" directive has no "${kind}".`,
        open.span,
      );
    }
    if (end.kind !== kind) {
      return this.#stream.fail(
        `Unexpected ${end.kind} directive`,
        `The "${open.kind}" before it needs "${kind}".`,
        end.span,
      );
    }
    this.#index++;
    return { ...open.span, end: end.span.end };
  }
}

function textPart(text: string, span: Span): TemplatePart {
  return { expression: { kind: "literal", span, value: stringValue(text) }, isInterpolation: false };
}
