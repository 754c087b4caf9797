import { BigFloat, NumberError } from "./big-float.ts";
import { conversionFailure } from "./conversion-failure.ts";
import {
  type CollectionType,
  dynamicType,
  isPrimitive,
  type ObjectType,
  objectType,
  sameType,
  type Type,
  tupleType,
  withoutOptional,
} from "./type.ts";
import { canConvert, sharedElementType, unify } from "./unify.ts";
import {
  boolValue,
  elementTypeOf,
  haveSameType,
  listValue,
  mapValue,
  nullValue,
  numberValue,
  objectValue,
  setValue,
  sizeOf,
  stringValue,
  tupleValue,
  unknownValue,
  type Value,
} from "./value.ts";

/** A value that cannot become one of the wanted type; the message is a sentence's tail: `a number is required`. */
export class ConversionError extends Error {
  /** The message without the place inside the value that it begins with. */
  readonly reason: string;

  /** @param path Where inside the value: `[0].name`, empty for the value itself */
  constructor(reason: string, path = "") {
    super(path === "" ? reason : `${path}: ${reason}`);
    this.reason = reason;
  }
}

/**
 * Converts a value to a type, as the language does for arguments, operands and variables.
 *
 * Sensitive stays sensitive, null becomes a null and unknown an unknown of the type.
 * @throws {ConversionError}
 * @see zclconf/go-cty, docs/convert.md
 */
export function convert(value: Value, want: Type): Value {
  if (sameType(value.type, withoutOptional(want))) return value;
  if (!canConvert(value.type, want)) throw new ConversionError(conversionFailure(value.type, want));
  return convertAt(value, want, "");
}

/** The conversion itself, of a value whose type `canConvert()` has accepted. */
function convertAt(value: Value, want: Type, path: string): Value {
  if (want.kind === "dynamic" || sameType(value.type, want)) return value;
  const mark = (result: Value) => (value.isSensitive ? result.withSensitive() : result);
  if (!value.isKnown) return mark(unknownOf(fillDynamic(want, value.type), value));
  if (value.isNull) return mark(nullValue(fillDynamic(want, value.type)));
  return mark(convertKnown(value, want, path));
}

/** An unknown value of a type, no more null than the one that it comes from. */
function unknownOf(type: Type, from: Value): Value {
  const unknown = unknownValue(type);
  return from.mayBeNull ? unknown : unknown.notNull();
}

function convertKnown(value: Value, want: Type, path: string): Value {
  switch (want.kind) {
    case "string":
      return stringValue(value.type.kind === "bool" ? `${value.asBool()}` : value.asNumber().toString());
    case "number":
      return toNumber(value.asString(), path);
    case "bool":
      return toBool(value.asString(), path);
    case "tuple":
      return tupleValue(
        value
          .elements()
          .map((element, index) => convertAt(element, want.elements[index] ?? dynamicType, `${path}[${index}]`)),
      );
    case "object":
      return toObject(value, want, path);
    case "map":
      return toMap(value, want, path);
    case "list":
    case "set":
      return toSequence(value, want, path);
    default:
      return value;
  }
}

function toNumber(text: string, path: string): Value {
  try {
    const number = BigFloat.parse(text);
    if (number !== undefined) return numberValue(number);
  } catch (error) {
    if (!(error instanceof NumberError)) throw error;
  }
  throw new ConversionError("a number is required", path);
}

function toBool(text: string, path: string): Value {
  if (text === "true" || text === "1") return boolValue(true);
  if (text === "false" || text === "0") return boolValue(false);
  const lower = text.toLowerCase();
  const advice = lower === "true" || lower === "false" ? `; to convert from string, use lowercase "${lower}"` : "";
  throw new ConversionError(`a bool is required${advice}`, path);
}

function toObject(value: Value, want: ObjectType, path: string): Value {
  const given = value.asMap();
  const attributes = [...want.attributes].map(([name, type]): readonly [string, Value] => {
    const attribute = given.get(name);
    const at = `${path}.${name}`;
    if (attribute !== undefined) {
      if (canConvert(attribute.type, type)) return [name, convertAt(attribute, type, at)];
      throw new ConversionError(conversionFailure(attribute.type, type), at);
    }
    if (want.optional.has(name)) return [name, nullValue(type)];
    throw new ConversionError(`map has no element for required attribute "${name}"`, path);
  });
  return objectValue(attributes);
}

function toMap(value: Value, want: CollectionType, path: string): Value {
  const entries = [...value.asMap()];
  if (entries.length === 0) return mapValue([], emptyElementType(value, want));
  const types = entries.map(([, { type }]) => type);
  const element = value.type.kind === "object" ? (sharedElementType(types, want) ?? want.element) : want.element;
  const elements = entries.map(([key, entry]) => convertAt(entry, element, `${path}["${key}"]`));
  const agreed = isPrimitive(element) || element.kind === "tuple" ? elements : agreeOnType(elements, path);
  expectSameType(agreed, path);
  return mapValue(entries.map(([key], index) => [key, agreed[index] as Value] as const));
}

function toSequence(value: Value, want: CollectionType, path: string): Value {
  const given = value.elements();
  const make = want.kind === "set" ? setValue : listValue;
  if (given.length === 0) return make([], emptyElementType(value, want));
  // Unknown elements of a set may turn out to be equal, so nobody knows how many the list will have.
  if (want.kind === "list" && value.type.kind === "set" && sizeOf(value) === undefined) {
    return unknownValue({ kind: "list", element: emptyElementType(value, want) }).notNull();
  }
  const types = given.map(({ type }) => type);
  const element = value.type.kind === "tuple" ? (sharedElementType(types, want) ?? want.element) : want.element;
  const elements = given.map((entry, index) => convertAt(entry, element, `${path}[${index}]`));
  const agreed = want.kind === "list" && value.type.kind === "tuple" ? agreeOnType(elements, path) : elements;
  expectSameType(agreed, path);
  return make(agreed);
}

/** What an empty or unknown collection is made of: it keeps its element type where none is asked for. */
function emptyElementType(value: Value, want: CollectionType): Type {
  return want.element.kind === "dynamic" ? elementTypeOf(value.type) : want.element;
}

/** Elements converted to `list(any)` and the like may still differ inside; where one type suits all, they take it. */
function agreeOnType(elements: readonly Value[], path: string): readonly Value[] {
  if (haveSameType(elements)) return elements;
  const common = unify(
    elements.map(({ type }) => type),
    true,
  );
  if (common === undefined) throw new ConversionError("all elements must have the same type", path);
  return elements.map((element) => convertAt(element, common, path));
}

function expectSameType(elements: readonly Value[], path: string): void {
  if (!haveSameType(elements)) throw new ConversionError("all elements must have the same type", path);
}

/** The constraint with every `any` in it replaced by what the type of the value has at that place. */
function fillDynamic(want: Type, from: Type): Type {
  if (from.kind === "dynamic") return withoutOptional(want);
  if (want.kind === "dynamic") return from;
  if (want.kind === "tuple") {
    const elements = from.kind === "tuple" ? from.elements : [];
    return tupleType(want.elements.map((element, index) => fillDynamic(element, elements[index] ?? dynamicType)));
  }
  if (want.kind === "object") {
    return objectType(
      [...want.attributes].map(([name, type]) => [name, fillDynamic(type, partType(from, name))] as const),
    );
  }
  if (isPrimitive(want)) return want;
  return { kind: want.kind, element: fillDynamic(want.element, commonPartType(from)) };
}

function partType(from: Type, name: string): Type {
  return from.kind === "object" ? (from.attributes.get(name) ?? dynamicType) : elementTypeOf(from);
}

function commonPartType(from: Type): Type {
  if (from.kind === "tuple") return unify(from.elements, true) ?? dynamicType;
  if (from.kind === "object") return unify([...from.attributes.values()], true) ?? dynamicType;
  return elementTypeOf(from);
}
