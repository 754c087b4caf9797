import { BigFloat } from "./big-float.ts";
import { distinctSorted } from "./set-order.ts";
import {
  boolType,
  type CollectionType,
  dynamicType,
  listType,
  mapType,
  numberType,
  objectType,
  sameType,
  setType,
  sortedMap,
  stringType,
  type Type,
  tupleType,
  withoutOptional,
} from "./type.ts";

/** What a value that is not known yet holds in place of a payload. */
const UNKNOWN = Symbol("unknown");
/** The same for one that is known not to be null, such as a text with an unknown part. */
const UNKNOWN_NOT_NULL = Symbol("unknown, not null");

/** Levels of lists and objects in each other that a value may have; everything that walks through values recurses. */
const DEEPEST_NESTING = 1000;

/** Lists, sets and tuples hold arrays; maps and objects hold maps sorted by key. */
type Payload =
  | typeof UNKNOWN
  | typeof UNKNOWN_NOT_NULL
  | null
  | string
  | boolean
  | BigFloat
  | readonly Value[]
  | ReadonlyMap<string, Value>;

/** Elements of a list, set or map that are not of one type. */
export class ElementTypeError extends Error {}

/**
 * A value of the template language: typed, possibly null, possibly unknown until a build runs, possibly sensitive.
 *
 * Immutable. Make one with the functions below (`stringValue()`, `listValue()`, ...), never with `new`.
 */
export class Value {
  readonly type: Type;
  /** A sensitive value is never shown; what is computed from one is sensitive too. */
  readonly isSensitive: boolean;
  /** How many lists and objects are in each other: 0 for a text, 1 for a list of texts. */
  readonly depth: number;
  /** How many values it is, with all that are in it. One that is in it at several places counts at each of them. */
  readonly size: number;
  /** Known, and so is everything inside it. */
  readonly isWhollyKnown: boolean;
  /** Sensitive itself, or anything inside it is. */
  readonly containsSensitive: boolean;
  readonly #payload: Payload;

  /** @throws {RangeError} when it is nested too deeply */
  constructor(type: Type, payload: Payload, isSensitive = false) {
    this.type = type;
    this.#payload = payload;
    this.isSensitive = isSensitive;
    // Found once: the same values may be in it at so many places that nobody could look at all of them.
    let [depth, size, isWhollyKnown, containsSensitive] = [0, 1, this.isKnown, isSensitive];
    for (const element of this.isContainer ? this.elements() : []) {
      depth = Math.max(depth, element.depth);
      size += element.size;
      isWhollyKnown &&= element.isWhollyKnown;
      containsSensitive ||= element.containsSensitive;
    }
    this.depth = this.isContainer ? depth + 1 : 0;
    this.size = size;
    this.isWhollyKnown = isWhollyKnown;
    this.containsSensitive = containsSensitive;
    if (this.depth > DEEPEST_NESTING) throw new RangeError(`A value has more than ${DEEPEST_NESTING} levels`);
  }

  static unknown(type: Type): Value {
    return new Value(withoutOptional(type), UNKNOWN);
  }

  get isNull(): boolean {
    return this.#payload === null;
  }

  get isKnown(): boolean {
    return this.#payload !== UNKNOWN && this.#payload !== UNKNOWN_NOT_NULL;
  }

  /** Null, or not known yet with nothing said against it. */
  get mayBeNull(): boolean {
    return this.#payload === null || this.#payload === UNKNOWN;
  }

  /**
   * The same value, which is known not to be null if it was unknown; of a value of unknown type nothing can be said.
   * @see zclconf/go-cty, docs/refinements.md
   */
  notNull(): Value {
    const isOpen = this.#payload === UNKNOWN && this.type.kind !== "dynamic";
    return isOpen ? new Value(this.type, UNKNOWN_NOT_NULL, this.isSensitive) : this;
  }

  /** A known, non-null list, set, tuple, map or object. */
  get isContainer(): boolean {
    return Array.isArray(this.#payload) || this.#payload instanceof Map;
  }

  /** The same value, sensitive (or, with `false`, not). */
  withSensitive(isSensitive = true): Value {
    return isSensitive === this.isSensitive ? this : new Value(this.type, this.#payload, isSensitive);
  }

  /** The same value, with the texts in it sensitive, at any depth, that are secret. */
  withSensitiveTexts(isSecret: (text: string) => boolean): Value {
    if (typeof this.#payload === "string") return isSecret(this.#payload) ? this.withSensitive() : this;
    if (!this.isContainer) return this;
    const marked = mapPayload(this.#payload, (element) => element.withSensitiveTexts(isSecret));
    if (this.type.kind !== "set") return new Value(this.type, marked, this.isSensitive);
    // An element of a set cannot carry the mark.
    return (marked as readonly Value[]).some(({ containsSensitive }) => containsSensitive)
      ? this.withSensitive()
      : this;
  }

  /** The same value with nothing sensitive at any depth. */
  withoutSensitiveDeep(): Value {
    if (!this.containsSensitive) return this;
    return new Value(
      this.type,
      mapPayload(this.#payload, (element) => element.withoutSensitiveDeep()),
    );
  }

  /** @throws {TypeError} when it is not a known, non-null string; a bug of the caller, as are the other `as...` */
  asString(): string {
    if (typeof this.#payload === "string") return this.#payload;
    throw new TypeError(`A ${this.describe()} is not a known string`);
  }

  asNumber(): BigFloat {
    if (this.#payload instanceof BigFloat) return this.#payload;
    throw new TypeError(`A ${this.describe()} is not a known number`);
  }

  asBool(): boolean {
    if (typeof this.#payload === "boolean") return this.#payload;
    throw new TypeError(`A ${this.describe()} is not a known bool`);
  }

  /** Elements of a list, set or tuple in their order; of a map or object, its values in the order of their keys. */
  elements(): readonly Value[] {
    if (Array.isArray(this.#payload)) return this.#payload;
    return [...this.asMap().values()];
  }

  /** Keys and values of a map or object, sorted by key. */
  asMap(): ReadonlyMap<string, Value> {
    if (this.#payload instanceof Map) return this.#payload;
    throw new TypeError(`A ${this.describe()} has no keys`);
  }

  /** The attribute of an object or the element of a map; `undefined` when there is none. */
  get(key: string): Value | undefined {
    return this.asMap().get(key);
  }

  private describe(): string {
    if (this.isNull) return `null ${this.type.kind}`;
    return this.isKnown ? this.type.kind : `not yet known ${this.type.kind}`;
  }
}

function mapPayload(payload: Payload, change: (element: Value) => Value): Payload {
  if (Array.isArray(payload)) return payload.map(change);
  if (payload instanceof Map) return new Map([...payload].map(([key, element]) => [key, change(element)]));
  return payload;
}

/** A string. Strings are kept in Unicode normalization form C, as Packer keeps them. */
export function stringValue(text: string): Value {
  return new Value(stringType, text.normalize("NFC"));
}

/**
 * A number, with Packer's precision: 64 bits for an integer of JavaScript, 53 for a fraction, and what a `BigFloat` has.
 * The precision shows in results: 1/3 of two such integers has 20 digits, of two literals of a template 155.
 */
export function numberValue(number: number | bigint | BigFloat): Value {
  return new Value(numberType, number instanceof BigFloat ? number : BigFloat.from(number));
}

export const trueValue = new Value(boolType, true);
export const falseValue = new Value(boolType, false);

export function boolValue(bool: boolean): Value {
  return bool ? trueValue : falseValue;
}

/** A null of a type; optional attributes are dropped from it, as from the type of any value. */
export function nullValue(type: Type = dynamicType): Value {
  return new Value(withoutOptional(type), null);
}

/** A value that only a running build knows, such as `build.ID`. */
export function unknownValue(type: Type = dynamicType): Value {
  return Value.unknown(type);
}

/**
 * A list.
 * @param elementType Needed when there are no elements; else the type of the first, which all must have
 */
export function listValue(elements: readonly Value[], elementType?: Type): Value {
  const type = commonElementType(elements, elementType);
  return new Value(
    listType(type),
    elements.map((element) => asElement(element, type)),
  );
}

/** A set: duplicates are dropped, elements sorted (strings by code point, numbers by size, false before true). */
export function setValue(elements: readonly Value[], elementType?: Type): Value {
  const type = commonElementType(elements, elementType);
  // An element of a set has no place of its own to carry the mark, so the set carries it.
  const isSensitive = elements.some((element) => element.containsSensitive);
  const unmarked = elements.map((element) => asElement(element, type).withoutSensitiveDeep());
  return new Value(setType(type), distinctSorted(unmarked), isSensitive);
}

export function mapValue(entries: Iterable<readonly [string, Value]>, elementType?: Type): Value {
  const elements = sortedMap(normalizedKeys(entries));
  const type = commonElementType([...elements.values()], elementType);
  return new Value(mapType(type), new Map([...elements].map(([key, element]) => [key, asElement(element, type)])));
}

export function tupleValue(elements: readonly Value[]): Value {
  return new Value(tupleType(elements.map(({ type }) => type)), [...elements]);
}

export function objectValue(entries: Iterable<readonly [string, Value]>): Value {
  const attributes = sortedMap(normalizedKeys(entries));
  return new Value(objectType([...attributes].map(([name, { type }]) => [name, type] as const)), attributes);
}

function* normalizedKeys(entries: Iterable<readonly [string, Value]>): Iterable<readonly [string, Value]> {
  for (const [key, value] of entries) yield [key.normalize("NFC"), value];
}

/**
 * The one type of all elements. Those of no type, `null` and what is not known at all, take the type of the others.
 * @throws {ElementTypeError}
 */
function commonElementType(elements: readonly Value[], elementType: Type | undefined): Type {
  const first = elements.find(({ type }) => type.kind !== "dynamic");
  if (elements.length === 0) return elementType === undefined ? dynamicType : withoutOptional(elementType);
  if (first === undefined) return dynamicType;
  const odd = elements.find(({ type }) => type.kind !== "dynamic" && !sameType(type, first.type));
  if (odd === undefined) return first.type;
  throw new ElementTypeError(`the elements of a collection have one type, not ${first.type.kind} and ${odd.type.kind}`);
}

function asElement(element: Value, type: Type): Value {
  if (element.type.kind !== "dynamic" || type.kind === "dynamic") return element;
  return inheritMark(element.isNull ? nullValue(type) : unknownValue(type), [element]);
}

/** Whether values in a collection may stand together: all of one type, or of none yet. */
export function haveSameType(values: readonly Value[]): boolean {
  const first = values.find(({ type }) => type.kind !== "dynamic");
  return first === undefined || values.every(({ type }) => type.kind === "dynamic" || sameType(type, first.type));
}

/**
 * How many elements a value has or will have; undefined while that is not known. Unknown elements of a set may turn out
 * to be equal to others.
 */
export function sizeOf(value: Value): number | undefined {
  if (value.type.kind === "tuple") return value.type.elements.length;
  if (value.type.kind === "object") return value.type.attributes.size;
  if (!value.isContainer) return undefined;
  const size = value.elements().length;
  return value.type.kind === "set" && size > 1 && !value.isWhollyKnown ? undefined : size;
}

/** The element type of a collection, `dynamic` for anything else. */
export function elementTypeOf(type: Type): Type {
  return "element" in type ? (type satisfies CollectionType).element : dynamicType;
}

/** The result, sensitive when one of the values that it was made from is. */
export function inheritMark(result: Value, from: readonly Value[]): Value {
  return from.some(({ isSensitive }) => isSensitive) ? result.withSensitive() : result;
}
