import { spanBetween } from "../source/source-file.ts";
import { BigFloat, NumberError } from "../values/big-float.ts";
import { boolValue, nullValue, numberValue } from "../values/value.ts";
import { parseForIntro, parseObject, parseTuple } from "./parse-collection.ts";
import { type ExpressionGrammar, parseTemplateParts } from "./parse-template.ts";
import type { BinaryOperator, CallExpression, Expression } from "./syntax.ts";
import type { Token } from "./token.ts";
import type { TokenStream } from "./token-stream.ts";

/** How tightly each operator binds; `*` and its like come first. */
const PRECEDENCE: ReadonlyMap<string, number> = new Map([
  ["||", 1],
  ["&&", 2],
  ...["==", "!="].map((operator) => [operator, 3] as const),
  ...[">", ">=", "<", "<="].map((operator) => [operator, 4] as const),
  ...["+", "-"].map((operator) => [operator, 5] as const),
  ...["*", "/", "%"].map((operator) => [operator, 6] as const),
]);

/** `Expression = Operation ("?" Expression ":" Expression)?` */
export function parseExpression(stream: TokenStream): Expression {
  return stream.nested(() => {
    const condition = parseOperation(stream, 1);
    if (!stream.take("?")) return condition;
    const whenTrue = parseExpression(stream);
    stream.expect(
      ":",
      "Missing false expression in conditional",
      'A conditional needs ":" and a value for when it is false.',
    );
    const whenFalse = parseExpression(stream);
    return { kind: "conditional", span: spanBetween(condition.span, whenFalse.span), condition, whenTrue, whenFalse };
  });
}

/** `Operation = Operand (operator Operation)*`, where operators that bind tighter come first, equal ones from the left. */
function parseOperation(stream: TokenStream, loosest: number): Expression {
  return stream.chained(() => {
    let left = parseOperand(stream);
    for (;;) {
      const operator = stream.peek();
      const precedence = PRECEDENCE.get(operator.type) ?? 0;
      if (precedence < loosest) return left;
      stream.deepen();
      stream.next();
      const right = parseOperation(stream, precedence + 1);
      const span = spanBetween(left.span, right.span);
      left = { kind: "binary", span, operator: operator.type as BinaryOperator, left, right };
    }
  });
}

/** `Operand = ("-" | "!") Operand | Term Access*` */
function parseOperand(stream: TokenStream): Expression {
  const sign = stream.peek();
  if (sign.type !== "-" && sign.type !== "!") return parseAccesses(stream, parseTerm(stream));
  const operator = sign.type;
  stream.next();
  const operand = stream.nested(() => parseOperand(stream));
  return { kind: "unary", span: spanBetween(stream.span(sign), operand.span), operator, operand };
}

/** `Access = "." identifier | "." number | ".*" ("." identifier | "." number)* | "[" Expression "]" | "[*]" Access*` */
function parseAccesses(stream: TokenStream, target: Expression): Expression {
  let result = target;
  for (;;) {
    if (!stream.at(".", "[")) return result;
    stream.deepen();
    const open = stream.next();
    result = open.type === "." ? parseAfterDot(stream, result, open) : parseAfterBracket(stream, result, open);
  }
}

function parseAfterDot(stream: TokenStream, target: Expression, dot: Token): Expression {
  if (!stream.at("*")) return parseAttribute(stream, target);
  const star = stream.next();
  const item: Expression & { kind: "splat-item" } = { kind: "splat-item", span: stream.span(dot, star) };
  let each: Expression = item;
  while (stream.take(".")) {
    stream.deepen();
    if (stream.at("*")) {
      stream.fail(
        "Nested splat expression not allowed",
        'A ".*" cannot stand inside another one; use "[*]" for the first.',
      );
    }
    each = parseAttribute(stream, each);
  }
  return { kind: "splat", span: spanBetween(target.span, each.span), target, item, each };
}

/** What may follow a point: a name, or the number of an element. */
function parseAttribute(stream: TokenStream, target: Expression): Expression {
  const token = stream.peek();
  if (token.type !== "identifier" && token.type !== "number") {
    stream.fail("Invalid attribute name", "An attribute name is required after a dot.");
  }
  const span = { ...target.span, end: token.end };
  if (token.type === "identifier") {
    return { kind: "attribute", span, target, name: stream.text(stream.next()).normalize("NFC") };
  }
  const text = stream.text(token);
  if (text.includes(".")) {
    const indexes = text.split(".").map((part) => `[${part}]`);
    stream.fail("Invalid index", `Two indexes in a row read as one number here; write ${indexes.join("")} instead.`);
  }
  return { kind: "index", span, target, key: parseNumber(stream) };
}

function parseAfterBracket(stream: TokenStream, target: Expression, open: Token): Expression {
  return stream.at("*") ? parseSplat(stream, target, open) : parseIndex(stream, target);
}

function parseSplat(stream: TokenStream, target: Expression, open: Token): Expression {
  stream.next();
  const close = stream.expect(
    "]",
    "Missing close bracket on splat index",
    'The star of a splat must be followed by "]".',
  );
  const item: Expression & { kind: "splat-item" } = { kind: "splat-item", span: stream.span(open, close) };
  const each = parseAccesses(stream, item);
  return { kind: "splat", span: spanBetween(target.span, each.span), target, item, each };
}

function parseIndex(stream: TokenStream, target: Expression): Expression {
  const key = stream.withNewlines(true, () => {
    const expression = parseExpression(stream);
    stream.expect("]", "Missing close bracket on index", 'An index must end with a closing bracket ("]").');
    return expression;
  });
  return { kind: "index", span: { ...target.span, end: stream.previous().end }, target, key };
}

/** `Term = number | "true" | "false" | "null" | identifier | Call | Template | "(" Expression ")" | Tuple | Object | For` */
function parseTerm(stream: TokenStream): Expression {
  switch (stream.peek().type) {
    case "number":
      return parseNumber(stream);
    case "identifier":
      return parseName(stream);
    case "quote":
    case "heredoc":
      return parseTemplate(stream);
    case "(":
      return parseParentheses(stream);
    case "[":
      return parseTuple(stream, parseExpression);
    case "{":
      return parseObject(stream, parseExpression);
    case "end-of-file":
      return stream.fail("Missing expression", "An expression must start here, but this is the end of the text.");
    default:
      return stream.fail(
        "Invalid expression",
        "An expression must start here: a value, a name, or an opening bracket.",
      );
  }
}

function parseNumber(stream: TokenStream): Expression {
  const token = stream.peek();
  try {
    const number = BigFloat.parse(stream.text(token));
    if (number === undefined) return stream.fail("Invalid number", `"${stream.text(token)}" is not a number.`);
    stream.next();
    return { kind: "literal", span: stream.span(token), value: numberValue(number) };
  } catch (error) {
    if (error instanceof NumberError) return stream.fail("Invalid number", `${error.message}.`);
    throw error;
  }
}

/** `true`, `false`, `null`, the name of a variable, or a call of a function. */
function parseName(stream: TokenStream): Expression {
  const token = stream.next();
  if (stream.at("(", "::")) return parseCall(stream, token);
  const span = stream.span(token);
  const name = stream.text(token).normalize("NFC");
  if (name === "true" || name === "false") return { kind: "literal", span, value: boolValue(name === "true") };
  if (name === "null") return { kind: "literal", span, value: nullValue() };
  return { kind: "variable", span, name };
}

/** `Call = identifier ("::" identifier)* "(" (Expression ("," Expression)* ("," | "...")?)? ")"` */
function parseCall(stream: TokenStream, first: Token): CallExpression {
  let name = stream.text(first);
  while (stream.take("::")) {
    const part = stream.expect("identifier", "Missing function name", 'A function name is required after "::".');
    name += `::${stream.text(part)}`;
  }
  const nameSpan = stream.spanFrom(first);
  stream.expect("(", "Missing open parenthesis", "The arguments of a function stand in parentheses.");
  const args: Expression[] = [];
  const isExpanded = stream.withNewlines(true, () => parseArguments(stream, args));
  return { kind: "call", span: stream.spanFrom(first), name, nameSpan, args, isExpanded };
}

function parseArguments(stream: TokenStream, args: Expression[]): boolean {
  while (!stream.take(")")) {
    args.push(parseExpression(stream));
    if (stream.take("...")) {
      stream.expect(")", "Missing closing parenthesis", 'The argument with "..." is the last one: ")" must follow.');
      return true;
    }
    if (stream.at(")")) continue;
    const isEnd = stream.at("end-of-file");
    const summary = isEnd ? "Unterminated function call" : "Missing argument separator";
    stream.expect(",", summary, isEnd ? 'The call has no closing ")".' : "Arguments are separated by commas.");
  }
  return false;
}

function parseParentheses(stream: TokenStream): Expression {
  const open = stream.next();
  const inner = stream.withNewlines(true, () => {
    const expression = parseExpression(stream);
    stream.expect(")", "Unbalanced parentheses", 'A closing ")" is required after the expression.');
    return expression;
  });
  return { kind: "parentheses", span: stream.spanFrom(open), inner };
}

/** `Template = quote parts end-quote | heredoc parts end-heredoc` */
function parseTemplate(stream: TokenStream): Expression {
  const open = stream.next();
  const isIndented = open.type === "heredoc" && stream.text(open).startsWith("<<-");
  const parts = parseTemplateParts(
    stream,
    open,
    open.type === "quote" ? "end-quote" : "end-heredoc",
    isIndented,
    expressionGrammar,
  );
  const span = stream.spanFrom(open);
  const [only] = parts;
  if (parts.length === 1 && only && only.isInterpolation) return { kind: "wrap", span, inner: only.expression };
  return { kind: "template", span, parts: parts.map(({ expression }) => expression) };
}

/** For the grammar of templates. */
export const expressionGrammar: ExpressionGrammar = {
  parseExpression,
  parseForIntro: (stream, noun) => parseForIntro(stream, noun, parseExpression),
};
