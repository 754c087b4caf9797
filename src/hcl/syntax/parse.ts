import { Diagnostics } from "../source/diagnostic.ts";
import { type SourceFile, type Span, spanText } from "../source/source-file.ts";
import { tokenize } from "./lexer.ts";
import { expressionGrammar, parseExpression as parseExpressionRule } from "./parse-expression.ts";
import { parseTemplateParts } from "./parse-template.ts";
import { reportInvalidTokens } from "./report-invalid-tokens.ts";
import { resolveText } from "./string-text.ts";
import type { Attribute, Block, Body, Expression, Label } from "./syntax.ts";
import type { Token, TokenType } from "./token.ts";
import { SyntaxFailure, TokenStream } from "./token-stream.ts";

/** Reads a whole file. Every problem is in `diagnostics`; what could be read is in the body all the same. */
export function parseFile(source: SourceFile, diagnostics: Diagnostics): Body {
  const problems = new Diagnostics();
  const body = parseBody(openStream(source, problems), "end-of-file");
  // The lexer has been through the whole text before the parser began.
  diagnostics.addAll([...problems.all].sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0)));
  return body;
}

/** Reads one expression, which must be the whole text; undefined when it is none. */
export function parseExpressionText(source: SourceFile, diagnostics: Diagnostics): Expression | undefined {
  const stream = openStream(source, diagnostics);
  return guarded(() =>
    stream.withNewlines(true, () => {
      const expression = parseExpressionRule(stream);
      stream.expect("end-of-file", "Extra characters after expression", "The expression ends before this.");
      return expression;
    }),
  );
}

/**
 * Reads a text in which `${}` and `%{}` are evaluated, as `templatefile()` does; undefined when it is broken.
 * @param range The piece of the source that is the template; all of it by default
 */
export function parseTemplateText(
  source: SourceFile,
  diagnostics: Diagnostics,
  range: { readonly start: number; readonly end: number } = { start: 0, end: source.text.length },
): Expression | undefined {
  const tokens = tokenize(source.text.slice(0, range.end), "template", range.start);
  reportInvalidTokens(source, tokens, diagnostics);
  const stream = new TokenStream(source, tokens, diagnostics);
  return guarded(() => {
    const parts = parseTemplateParts(stream, stream.peek(), "end-of-file", false, expressionGrammar);
    const span = { source, ...range };
    const [only] = parts;
    if (parts.length === 1 && only?.isInterpolation) return { kind: "wrap", span, inner: only.expression };
    return { kind: "template", span, parts: parts.map(({ expression }) => expression) };
  });
}

function openStream(source: SourceFile, diagnostics: Diagnostics): TokenStream {
  const tokens = tokenize(source.text);
  reportInvalidTokens(source, tokens, diagnostics);
  return new TokenStream(source, tokens, diagnostics);
}

function guarded<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SyntaxFailure) return undefined;
    throw error;
  }
}

/** `Body = (newline | Attribute newline | Block newline)*`, up to and with the closing token. */
function parseBody(stream: TokenStream, close: TokenType): Body {
  const attributes = new Map<string, Attribute>();
  const blocks: Block[] = [];
  for (;;) {
    while (stream.take("newline"));
    if (stream.at(close) || stream.at("end-of-file")) break;
    const start = stream.position;
    const item = guarded(() => parseItem(stream));
    if (!item) {
      stream.resumeAfterItem(start);
      // A brace that closes nothing would stop the file's body for ever.
      if (close === "end-of-file") stream.take("}");
    } else if ("type" in item) blocks.push(item);
    else addAttribute(stream, attributes, item);
  }
  const endSpan = stream.span(stream.peek());
  stream.take(close);
  return { attributes: [...attributes.values()], blocks, endSpan };
}

function addAttribute(stream: TokenStream, attributes: Map<string, Attribute>, attribute: Attribute): void {
  const first = attributes.get(attribute.name);
  if (first === undefined) {
    attributes.set(attribute.name, attribute);
    return;
  }
  const { line } = stream.source.locate(first.nameSpan.start);
  const detail = `The argument "${attribute.name}" was already set on line ${line}. Each argument may be set only once.`;
  stream.diagnostics.error("Attribute redefined", detail, attribute.nameSpan);
}

function parseItem(stream: TokenStream): Attribute | Block {
  const name = stream.peek();
  if (name.type === "quote") stream.fail("Invalid argument name", "Argument names must not be quoted.");
  if (name.type !== "identifier") failItem(stream);
  stream.next();
  if (stream.at("=")) return parseAttribute(stream, name);
  if (stream.at("quote", "{", "identifier")) return stream.nested(() => parseBlock(stream, name));
  return failItem(stream, stream.span(name));
}

function failItem(stream: TokenStream, span?: Span): never {
  const detail = 'An argument (name = value) or a block (type "label" { ... }) is required here.';
  stream.fail("Argument or block definition required", detail, span);
}

/** `Attribute = identifier "=" Expression newline` */
function parseAttribute(stream: TokenStream, name: Token): Attribute {
  const attribute = parseBareAttribute(stream, name);
  if (!stream.at("newline", "end-of-file")) {
    const isComma = stream.at(",");
    const summary = isComma ? "Unexpected comma after argument" : "Missing newline after argument";
    stream.fail(summary, `An argument must end with a line end${isComma ? ", not with a comma" : ""}.`);
  }
  return attribute;
}

function parseBareAttribute(stream: TokenStream, name: Token): Attribute {
  stream.next();
  const value = parseExpressionRule(stream);
  return { name: stream.text(name).normalize("NFC"), nameSpan: stream.span(name), value, span: stream.spanFrom(name) };
}

/** `Block = identifier (string | identifier)* "{" (newline Body | identifier "=" Expression)? "}" newline` */
function parseBlock(stream: TokenStream, type: Token): Block {
  const labels: Label[] = [];
  while (!stream.at("{")) labels.push(parseLabel(stream));
  const headerSpan = stream.spanFrom(type);
  const open = stream.next();
  const body = stream.at("newline", "}", "end-of-file") ? parseBlockBody(stream, type, open) : parseOneLineBody(stream);
  const block = { type: stream.text(type), typeSpan: stream.span(type), labels, body, headerSpan };
  if (!stream.at("newline", "end-of-file")) {
    stream.diagnostics.error(
      "Missing newline after block",
      "A block must end with a line end.",
      stream.span(stream.peek()),
    );
    stream.resumeAfterItem(stream.position);
  }
  return block;
}

function parseBlockBody(stream: TokenStream, type: Token, open: Token): Body {
  const body = stream.withNewlines(false, () => parseBody(stream, "}"));
  if (spanText(body.endSpan) !== "}" && !stream.isGivenUp) {
    const detail = "There is no closing brace for this block before the end of the file.";
    stream.reportOnce("Unclosed configuration block", detail, stream.span(type, open));
  }
  return body;
}

/** A block on one line has one argument, and no line end in it. */
function parseOneLineBody(stream: TokenStream): Body {
  const name = stream.peek();
  if (name.type !== "identifier") failItem(stream);
  stream.next();
  if (!stream.at("=")) {
    const detail = "A block on one line can have one argument and no block of its own; use several lines.";
    stream.fail("Argument definition required", detail, stream.spanFrom(name));
  }
  const attribute = parseBareAttribute(stream, name);
  const detail = "A block on one line has one argument, and its closing brace is on the same line.";
  const end = stream.expect("}", "Invalid single-argument block definition", detail);
  return { attributes: [attribute], blocks: [], endSpan: stream.span(end) };
}

/** `string | identifier`, where the string has no template sequences. */
function parseLabel(stream: TokenStream): Label {
  const token = stream.peek();
  if (token.type === "identifier") return { text: stream.text(stream.next()), span: stream.span(token) };
  if (token.type === "quote") return parseQuotedLabel(stream);
  if (token.type === "=") {
    return stream.fail("Invalid block definition", 'The equals sign "=" belongs to an argument, which has no labels.');
  }
  const detail = 'A label in quotes or an opening brace "{" is required on the line of the block\'s type.';
  return stream.fail("Invalid block definition", detail);
}

function parseQuotedLabel(stream: TokenStream): Label {
  const open = stream.next();
  let text = "";
  while (!stream.take("end-quote")) {
    const token = stream.peek();
    if (token.type === "interpolation" || token.type === "control") {
      const sign = stream.text(token).charAt(0);
      stream.fail(
        "Invalid string literal",
        `A label cannot have template sequences. A literal "${sign}{" is "${sign}${sign}{".`,
      );
    }
    if (token.type !== "text") {
      stream.fail("Unterminated string literal", "The label has no closing quote.", stream.span(open));
    }
    text += resolveText(stream.text(stream.next()), true, (offset, length, reason) => {
      const start = token.start + offset;
      stream.diagnostics.error("Invalid escape sequence", reason, {
        source: stream.source,
        start,
        end: start + length,
      });
    });
  }
  return { text, span: stream.spanFrom(open) };
}
