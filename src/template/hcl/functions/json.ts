import { BigFloat } from "../big-float.ts";
import { FunctionError, type HclFunction } from "../function.ts";
import { dynamicType, sameType, stringType } from "../type.ts";
import {
  boolValue,
  nullValue,
  numberValue,
  objectValue,
  stringValue,
  tupleValue,
  unknownValue,
  type Value,
} from "../value.ts";
import { anyParam, argumentAt, type Functions, stringParam } from "./define.ts";

/**
 * A value as JSON, without space. Strings are escaped as Go does: `<`, `>` and `&` too, so that the text can stand in
 * HTML.
 *
 * @throws {FunctionError} for an infinity
 */
export function toJson(value: Value): string {
  if (value.isNull) return "null";
  switch (value.type.kind) {
    case "string":
      return quoteJson(value.asString());
    case "number":
      if (value.asNumber().isInfinite) throw new FunctionError("an infinity cannot be written as JSON");
      return value.asNumber().toString();
    case "bool":
      return String(value.asBool());
    case "map":
    case "object":
      return `{${[...value.asMap()].map(([key, item]) => `${quoteJson(key)}:${toJson(item)}`).join(",")}}`;
    default:
      return `[${value.elements().map(toJson).join(",")}]`;
  }
}

function quoteJson(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** `jsonencode(val)` */
const jsonencode: HclFunction = {
  params: [anyParam("val", { allowUnknown: true, allowDynamicType: true, allowNull: true })],
  returnType: stringType,
  evaluate: (args) => {
    const value = argumentAt(args, 0);
    return value.isWhollyKnown ? stringValue(toJson(value)) : unknownValue(stringType);
  },
};

/** `jsondecode(str)`: objects and tuples; numbers keep all their digits. */
const jsondecode: HclFunction = {
  params: [stringParam("str")],
  returnType: (args) => (argumentAt(args, 0).isKnown ? fromJson(argumentAt(args, 0).asString()).type : dynamicType),
  evaluate: (args) => fromJson(argumentAt(args, 0).asString()),
};

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})[^"\\\u0000-\u001f]*)*"/y;
const SPACE = /[ \t\r\n]*/y;
/** As deep as Go's parser goes would overflow our stack. */
const DEEPEST = 1000;

/** @throws {FunctionError} when the text is not one JSON value */
export function fromJson(text: string): Value {
  return new JsonReader(text).read();
}

/** Our own reader, since `JSON.parse` makes doubles of all numbers. */
class JsonReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Value {
    const value = this.#value();
    if (this.#at < this.#text.length) throw this.#unexpected("after the JSON value");
    return value;
  }

  #value(): Value {
    this.#take(SPACE);
    const value = this.#bareValue();
    this.#take(SPACE);
    return value;
  }

  #bareValue(): Value {
    const next = this.#text[this.#at];
    if (next === "{") return this.#nested(() => objectValue(this.#members()));
    if (next === "[") return this.#nested(() => tupleValue(this.#items("]", () => this.#value())));
    if (next === '"') return stringValue(this.#string());
    const number = this.#take(NUMBER);
    if (number) return numberValue(BigFloat.parse(number) ?? 0);
    if (this.#accept("true")) return boolValue(true);
    if (this.#accept("false")) return boolValue(false);
    if (this.#accept("null")) return nullValue();
    throw this.#unexpected("where a JSON value should begin");
  }

  #nested(read: () => Value): Value {
    if (++this.#depth > DEEPEST) throw new FunctionError("the JSON text is nested too deeply");
    const value = read();
    this.#depth--;
    return value;
  }

  /** Of equal keys the last one counts; they must have one type. */
  #members(): Map<string, Value> {
    const members = new Map<string, Value>();
    for (const [key, value] of this.#items("}", () => this.#member())) {
      const before = members.get(key);
      if (before && !sameType(before.type, value.type)) throw new FunctionError(`the JSON object has "${key}" twice`);
      members.set(key, value);
    }
    return members;
  }

  #member(): readonly [string, Value] {
    this.#take(SPACE);
    const key = this.#string();
    this.#take(SPACE);
    if (!this.#accept(":")) throw this.#unexpected("where a colon should follow a key");
    return [key, this.#value()];
  }

  #items<T>(close: string, readItem: () => T): T[] {
    const items: T[] = [];
    this.#at++;
    this.#take(SPACE);
    if (this.#accept(close)) return items;
    do items.push(readItem());
    while (this.#accept(","));
    if (!this.#accept(close)) throw this.#unexpected(`where a comma or "${close}" should be`);
    return items;
  }

  #string(): string {
    const text = this.#take(STRING);
    if (!text) throw this.#unexpected("where a JSON string should be");
    const parsed: unknown = JSON.parse(text);
    return String(parsed);
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

  #unexpected(where: string): FunctionError {
    const next = this.#text.codePointAt(this.#at);
    const what = next === undefined ? "the text ends" : `there is ${JSON.stringify(String.fromCodePoint(next))}`;
    return new FunctionError(`${what} ${where}, at character ${this.#at + 1}`);
  }
}

export const jsonFunctions: Functions = { jsondecode, jsonencode };
