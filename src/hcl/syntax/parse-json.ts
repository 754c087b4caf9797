import type { Diagnostics } from "../source/diagnostic.ts";
import { locationOf, SourceFile, type Span } from "../source/source-file.ts";
import { BigFloat, NumberError } from "../values/big-float.ts";
import { boolValue, nullValue, numberValue, stringValue } from "../values/value.ts";
import { jsonBody } from "./body-content.ts";
import { unquoteJson } from "./json-tree.ts";
import { literalText } from "./literal-text.ts";
import { parseTemplateText } from "./parse.ts";
import type { Body, Expression, ObjectItem } from "./syntax.ts";

const DEEPEST_NESTING = 400;
const SPACES = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;
/** A stretch of a string. Not with a `*` around it: a text of megabytes would need as large a stack. */
const STRING_PART = /[^"\\\u0000-\u001f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const WORD = /(?:true|false|null)\b/y;

class JsonFailure extends Error {}

/** Whether the strings at a path of keys are literal texts, and no templates. */
export type IsLiteral = (path: readonly string[]) => boolean;

/** Reads a whole file in HCL's JSON syntax. @see hashicorp/hcl, json/spec.md */
export function parseJsonFile(source: SourceFile, diagnostics: Diagnostics, isLiteral?: IsLiteral): Body {
  const root = parseJsonText(source, diagnostics, isLiteral);
  const span = { source, start: 0, end: source.text.length };
  const isContainer = root?.kind === "object" || root?.kind === "tuple";
  if (root && !isContainer) diagnostics.error("Root value must be object", "A file in JSON is an object.", root.span);
  return jsonBody(isContainer ? root : { kind: "object", span, items: [] }, "arguments and blocks", diagnostics);
}

/** Reads JSON as an expression, its strings as templates; undefined when it is broken. */
export function parseJsonText(
  source: SourceFile,
  diagnostics: Diagnostics,
  isLiteral: IsLiteral = () => false,
): Expression | undefined {
  try {
    return new JsonParser(source, diagnostics, isLiteral).parse();
  } catch (error) {
    if (error instanceof JsonFailure) return undefined;
    throw error;
  }
}

class JsonParser {
  readonly #source: SourceFile;
  readonly #diagnostics: Diagnostics;
  readonly #isLiteral: IsLiteral;
  readonly #path: string[] = [];
  #at = 0;
  #depth = 0;

  constructor(source: SourceFile, diagnostics: Diagnostics, isLiteral: IsLiteral) {
    this.#source = source;
    this.#diagnostics = diagnostics;
    this.#isLiteral = isLiteral;
    if (source.text.startsWith("\uFEFF")) this.#at = 1;
  }

  parse(): Expression {
    const value = this.#value();
    this.#skipSpaces();
    if (this.#at < this.#source.text.length)
      this.#fail("Extraneous data after JSON value", "The value ends before this.");
    return value;
  }

  /** `Value = Object | Array | string | number | "true" | "false" | "null"` */
  #value(): Expression {
    this.#skipSpaces();
    const character = this.#peek();
    if (character === "{") return this.#nested(() => this.#object());
    if (character === "[") return this.#nested(() => this.#array());
    if (character === '"') return this.#string();
    return this.#scalar();
  }

  /** `Object = "{" (string ":" Value ("," string ":" Value)*)? "}"` */
  #object(): Expression {
    const start = this.#at++;
    const items: ObjectItem[] = [];
    while (!this.#take("}")) {
      if (items.length > 0 && !this.#take(","))
        this.#fail("Missing attribute separator", 'A comma or "}" is required here.');
      this.#skipSpaces();
      if (this.#peek() === "}")
        this.#fail("Trailing comma in object", "JSON does not permit a comma after the last property.");
      if (this.#peek() !== '"')
        this.#fail("Invalid object property name", "A property name in double quotes is required here.");
      const key = this.#string();
      if (!this.#take(":")) this.#fail("Missing property value colon", "A colon must follow the property's name.");
      this.#path.push(literalText(key) ?? "");
      items.push({ key, value: this.#value() });
      this.#path.pop();
    }
    return { kind: "object", span: this.#span(start), items };
  }

  /** `Array = "[" (Value ("," Value)*)? "]"` */
  #array(): Expression {
    const start = this.#at++;
    const elements: Expression[] = [];
    while (!this.#take("]")) {
      if (elements.length > 0 && !this.#take(","))
        this.#fail("Missing item separator", 'A comma or "]" is required here.');
      this.#skipSpaces();
      if (this.#peek() === "]")
        this.#fail("Trailing comma in array", "JSON does not permit a comma after the last element.");
      elements.push(this.#value());
    }
    return { kind: "tuple", span: this.#span(start), elements };
  }

  #scalar(): Expression {
    const start = this.#at;
    const word = this.#match(WORD);
    if (word !== undefined) {
      const value = word === "null" ? nullValue() : boolValue(word === "true");
      return { kind: "literal", span: this.#span(start), value };
    }
    const digits = this.#match(NUMBER);
    if (digits === undefined)
      this.#fail("Invalid JSON value", "A string, number, true, false, null, list or object is required.");
    try {
      const number = BigFloat.parse(digits);
      return { kind: "literal", span: this.#span(start), value: number ? numberValue(number) : nullValue() };
    } catch (error) {
      if (!(error instanceof NumberError)) throw error;
      this.#at = start;
      return this.#fail("Invalid JSON number", `${error.message}.`);
    }
  }

  /** A string is a template, but where it is a literal text. */
  #string(): Expression {
    const start = this.#at;
    const end = this.#endOfString();
    if (end === undefined)
      this.#fail("Invalid JSON string", "It has no closing quote, or a character or escape that JSON refuses.");
    const raw = this.#source.text.slice(start, end);
    this.#at = end;
    const span = this.#span(start);
    const text = unquoteJson(raw);
    if (!/[$%]\{/.test(text) || this.#isLiteral(this.#path)) {
      return { kind: "template", span, parts: [{ kind: "literal", span, value: stringValue(text) }], isJson: true };
    }
    const expression = raw.includes("\\")
      ? this.#unescapedTemplate(text, span)
      : parseTemplateText(this.#source, this.#diagnostics, { start: span.start + 1, end: span.end - 1 });
    if (!expression) throw new JsonFailure();
    return { ...expression, span };
  }

  /** Where the string that begins here is over; undefined when it is broken. */
  #endOfString(): number | undefined {
    const { text } = this.#source;
    let end = this.#at + 1;
    for (STRING_PART.lastIndex = end; STRING_PART.test(text); ) end = STRING_PART.lastIndex;
    return this.#peek() === '"' && text.charAt(end) === '"' ? end + 1 : undefined;
  }

  /** Where a string has escapes, its text is not the file's; it is put where it begins, so that messages find the line. */
  #unescapedTemplate(text: string, span: Span): Expression | undefined {
    const { line, column } = locationOf(span);
    const before = "\n".repeat(line - 1) + " ".repeat(column);
    const source = new SourceFile(this.#source.name, before + text);
    return parseTemplateText(source, this.#diagnostics, { start: before.length, end: source.text.length });
  }

  #nested(parse: () => Expression): Expression {
    if (this.#depth >= DEEPEST_NESTING)
      this.#fail("Too deeply nested", `JSON of more than ${DEEPEST_NESTING} levels is refused.`);
    this.#depth++;
    const value = parse();
    this.#depth--;
    return value;
  }

  #skipSpaces(): void {
    SPACES.lastIndex = this.#at;
    this.#at += SPACES.exec(this.#source.text)?.[0].length ?? 0;
  }

  #peek(): string {
    return this.#source.text.charAt(this.#at);
  }

  #take(character: string): boolean {
    this.#skipSpaces();
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#source.text)?.[0];
    this.#at += text?.length ?? 0;
    return text;
  }

  #span(start: number): Span {
    return { source: this.#source, start, end: this.#at };
  }

  #fail(summary: string, detail: string): never {
    const end = Math.min(this.#at + 1, this.#source.text.length);
    this.#diagnostics.error(summary, detail, { source: this.#source, start: this.#at, end });
    throw new JsonFailure(summary);
  }
}
