/** A JSON value with its place in the text, in UTF-16 units. */
export type JsonNode = JsonObject | JsonArray | JsonScalar;

interface Place {
  readonly start: number;
  /** The first unit that no longer belongs to it. */
  readonly end: number;
}
export interface JsonObject extends Place {
  readonly kind: "object";
  /** In their order; a name may come twice. */
  readonly members: readonly JsonMember[];
}
export interface JsonArray extends Place {
  readonly kind: "array";
  readonly items: readonly JsonNode[];
}
export type JsonScalar = Place &
  (
    | { readonly kind: "string"; readonly text: string }
    /** The digits as they are written: a double would lose some. */
    | { readonly kind: "number"; readonly text: string }
    | { readonly kind: "bool"; readonly value: boolean }
    | { readonly kind: "null" }
  );
export interface JsonMember {
  readonly key: string;
  readonly keyPlace: Place;
  readonly value: JsonNode;
}

/** A text that is not JSON; the message is a sentence's tail: `there is "}" where a comma should be`. */
export class JsonSyntaxError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})[^"\\\u0000-\u001f]*)*"/y;
const SPACE = /[ \t\r\n]*/y;
/** Deeper than any document, and shallow enough for our call stack. */
const DEEPEST_NESTING = 1000;

/** @throws {JsonSyntaxError} when the text is not one JSON value */
export function parseJsonTree(text: string): JsonNode {
  return new JsonParser(text).parse();
}

/** The text that a JSON string stands for. Half of a pair of escapes, as in `"\ud83d"`, is no character: it becomes U+FFFD. */
export function unquoteJson(literal: string): string {
  return String(JSON.parse(literal)).replace(/\p{Surrogate}/gu, "\ufffd");
}

class JsonParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): JsonNode {
    const value = this.#value();
    if (this.#at < this.#text.length) throw this.#unexpected("after the JSON value");
    return value;
  }

  #value(): JsonNode {
    this.#take(SPACE);
    const start = this.#at;
    const content = this.#content();
    const end = this.#at;
    this.#take(SPACE);
    return { ...content, start, end };
  }

  #content() {
    const next = this.#text[this.#at];
    if (next === "{") return { kind: "object", members: this.#list("}", () => this.#member()) } as const;
    if (next === "[") return { kind: "array", items: this.#list("]", () => this.#value()) } as const;
    if (next === '"') return { kind: "string", text: this.#string() } as const;
    const number = this.#take(NUMBER);
    if (number) return { kind: "number", text: number } as const;
    if (this.#accept("true")) return { kind: "bool", value: true } as const;
    if (this.#accept("false")) return { kind: "bool", value: false } as const;
    if (this.#accept("null")) return { kind: "null" } as const;
    throw this.#unexpected("where a value should begin");
  }

  #member(): JsonMember {
    this.#take(SPACE);
    const start = this.#at;
    const key = this.#string();
    const keyPlace = { start, end: this.#at };
    this.#take(SPACE);
    if (!this.#accept(":")) throw this.#unexpected("where a colon should follow a key");
    return { key, keyPlace, value: this.#value() };
  }

  #list<T>(close: "}" | "]", readItem: () => T): T[] {
    if (++this.#depth > DEEPEST_NESTING) throw new JsonSyntaxError("it is nested too deeply", this.#at);
    const items: T[] = [];
    this.#at++;
    this.#take(SPACE);
    if (!this.#accept(close)) {
      do items.push(readItem());
      while (this.#accept(","));
      if (!this.#accept(close)) throw this.#unexpected(`where a comma or "${close}" should be`);
    }
    this.#depth--;
    return items;
  }

  #string(): string {
    const literal = this.#take(STRING);
    if (literal) return unquoteJson(literal);
    if (this.#text[this.#at] !== '"') throw this.#unexpected("where a string should be");
    throw new JsonSyntaxError("there is a string that does not end, or has what JSON does not allow in one", this.#at);
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += taken.length;
    return taken;
  }

  #accept(text: string): boolean {
    const isNext = this.#text.startsWith(text, this.#at);
    if (isNext) this.#at += text.length;
    return isNext;
  }

  #unexpected(where: string): JsonSyntaxError {
    const next = this.#text.codePointAt(this.#at);
    const what = next === undefined ? "the text ends" : `there is ${JSON.stringify(String.fromCodePoint(next))}`;
    return new JsonSyntaxError(`${what} ${where}`, this.#at);
  }
}
