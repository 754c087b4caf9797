import type { Span } from "../source/source-file.ts";
import type { Value } from "../values/value.ts";

/** An expression, as it is written; `evaluate()` gives its value. */
export type Expression =
  | LiteralExpression
  | TemplateExpression
  | WrapExpression
  | VariableExpression
  | AttributeExpression
  | IndexExpression
  | SplatExpression
  | SplatItemExpression
  | CallExpression
  | ConditionalExpression
  | BinaryExpression
  | UnaryExpression
  | ParenthesesExpression
  | TupleExpression
  | ObjectExpression
  | ForExpression
  | JoinExpression;

/** A number, `true`, `false`, `null`, or the text between two sequences of a template. */
export interface LiteralExpression {
  readonly kind: "literal";
  readonly span: Span;
  readonly value: Value;
}
/** A quoted string or heredoc: the texts of its parts, one after the other. */
export interface TemplateExpression {
  readonly kind: "template";
  readonly span: Span;
  readonly parts: readonly Expression[];
  /** A plain string of the JSON syntax, where what is no text stands in quotes too. */
  readonly isJson?: true;
}
/** `"${x}"` and nothing else: the value of `x` itself, of whatever type. */
export interface WrapExpression {
  readonly kind: "wrap";
  readonly span: Span;
  readonly inner: Expression;
}
export interface VariableExpression {
  readonly kind: "variable";
  readonly span: Span;
  readonly name: string;
}
/** `target.name` */
export interface AttributeExpression {
  readonly kind: "attribute";
  readonly span: Span;
  readonly target: Expression;
  readonly name: string;
}
/** `target[key]`, and `target.0` */
export interface IndexExpression {
  readonly kind: "index";
  readonly span: Span;
  readonly target: Expression;
  readonly key: Expression;
}
/** `target[*].each` and `target.*.each`: `each` of every element, which stands in it as `item`. */
export interface SplatExpression {
  readonly kind: "splat";
  readonly span: Span;
  readonly target: Expression;
  readonly item: SplatItemExpression;
  readonly each: Expression;
}
export interface SplatItemExpression {
  readonly kind: "splat-item";
  readonly span: Span;
}
export interface CallExpression {
  readonly kind: "call";
  readonly span: Span;
  readonly name: string;
  readonly nameSpan: Span;
  readonly args: readonly Expression[];
  /** The last argument is followed by `...`: its elements are the arguments. */
  readonly isExpanded: boolean;
}
export interface ConditionalExpression {
  readonly kind: "conditional";
  readonly span: Span;
  readonly condition: Expression;
  readonly whenTrue: Expression;
  readonly whenFalse: Expression;
}
export type BinaryOperator = "||" | "&&" | "==" | "!=" | ">" | ">=" | "<" | "<=" | "+" | "-" | "*" | "/" | "%";
export interface BinaryExpression {
  readonly kind: "binary";
  readonly span: Span;
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}
export interface UnaryExpression {
  readonly kind: "unary";
  readonly span: Span;
  readonly operator: "-" | "!";
  readonly operand: Expression;
}
export interface ParenthesesExpression {
  readonly kind: "parentheses";
  readonly span: Span;
  readonly inner: Expression;
}
export interface TupleExpression {
  readonly kind: "tuple";
  readonly span: Span;
  readonly elements: readonly Expression[];
}
export interface ObjectExpression {
  readonly kind: "object";
  readonly span: Span;
  readonly items: readonly ObjectItem[];
}
export interface ObjectItem {
  readonly key: Expression;
  readonly value: Expression;
}
/** `[for k, v in collection : value if condition]`, and with `{}` the key, `=>` and perhaps `...` */
export interface ForExpression {
  readonly kind: "for";
  readonly span: Span;
  readonly keyName: string | undefined;
  readonly valueName: string;
  readonly collection: Expression;
  /** Absent when a tuple is built. */
  readonly key: Expression | undefined;
  readonly value: Expression;
  readonly condition: Expression | undefined;
  /** `...`: values of equal keys are gathered in tuples. */
  readonly isGrouped: boolean;
}
/** The `%{ for }` of a template: the texts of a tuple's elements, one after the other. */
export interface JoinExpression {
  readonly kind: "join";
  readonly span: Span;
  readonly tuple: ForExpression;
}

/** `name = value` */
export interface Attribute {
  readonly name: string;
  readonly nameSpan: Span;
  readonly value: Expression;
  readonly span: Span;
  /** Of a property that a JSON object has more than once: the name where it stands before; `value` has both values. */
  readonly firstSpan?: Span;
}
/** `type "label" { ... }` */
export interface Block {
  readonly type: string;
  readonly typeSpan: Span;
  readonly labels: readonly Label[];
  readonly body: Body;
  /** From the type to the last label. */
  readonly headerSpan: Span;
}
export interface Label {
  readonly text: string;
  readonly span: Span;
}
/** What stands between two braces, or in a whole file. */
export interface Body {
  /** In the order of the text; names are unique, a repeated one has been reported. */
  readonly attributes: readonly Attribute[];
  readonly blocks: readonly Block[];
  /** Where the body ends: what is missing in it is reported here. */
  readonly endSpan: Span;
  /** Set when the body was written in JSON, where only a schema can tell attributes and blocks apart. */
  readonly isJson?: boolean;
}
