import { suggestName } from "../../common/suggest-name.ts";
import { ConversionError, convert } from "../values/convert.ts";
import { dynamicType, isPrimitive, numberType, stringType, type Type, typeName } from "../values/type.ts";
import { unknownValue, type Value } from "../values/value.ts";

/** An element or attribute that a value does not have. */
export class AccessError extends Error {
  readonly summary: string;

  constructor(summary: string, detail: string) {
    super(detail);
    this.summary = summary;
  }
}

/** An object without the attribute that is asked for. */
export class MissingAttributeError extends AccessError {
  readonly attribute: string;
  /** ` Did you mean "x"?`, or nothing. */
  readonly suggestion: string;

  constructor(attribute: string, known: Iterable<string>) {
    const suggestion = suggestName(attribute, known);
    super("Unsupported attribute", `This object does not have an attribute named "${attribute}".${suggestion}`);
    this.attribute = attribute;
    this.suggestion = suggestion;
  }
}

/**
 * `value.name`
 * @throws {AccessError}
 */
export function getAttribute(value: Value, name: string): Value {
  if (value.isNull)
    throw new AccessError("Attempt to get attribute from null value", "This value is null, so it has no attributes.");
  const { type } = value;
  if (type.kind === "dynamic") return inherit(unknownValue(), value);
  if (type.kind === "object") {
    const attributeType = type.attributes.get(name);
    if (attributeType === undefined) throw new MissingAttributeError(name, type.attributes.keys());
    return inherit(value.isKnown ? (value.get(name) as Value) : unknownValue(attributeType), value);
  }
  if (type.kind === "map") {
    if (!value.isKnown) return inherit(unknownValue(type.element), value);
    const element = value.get(name);
    if (element) return inherit(element, value);
    throw new AccessError(
      "Missing map element",
      `This map has no element with the key "${name}".${suggestName(name, shownKeys(value))}`,
    );
  }
  throw new AccessError("Unsupported attribute", attributeAdvice(type, name));
}

function attributeAdvice(type: Type, name: string): string {
  if (isPrimitive(type)) return `A ${type.kind} has no attributes, so there is no "${name}" in it.`;
  if ((type.kind === "list" || type.kind === "set") && type.element.kind === "object") {
    return `The attributes are those of its elements: "[*].${name}" for all of them${type.kind === "list" ? `, "[0].${name}" for one` : ""}.`;
  }
  return `A ${typeName(type)} has no attributes, so there is no "${name}" in it.`;
}

/**
 * `value[key]`
 * @throws {AccessError}
 */
export function getIndex(value: Value, key: Value): Value {
  if (value.isNull) throw new AccessError("Attempt to index null value", "This value is null, so it has no elements.");
  if (key.isNull) throw new AccessError("Invalid index", "A null value cannot be an index.");
  const { type } = value;
  const inheritBoth = (element: Value) => inherit(inherit(element, value), key);
  if (type.kind === "dynamic" || key.type.kind === "dynamic") return inheritBoth(unknownValue());
  if (isPrimitive(type)) throw new AccessError("Invalid index", `A ${type.kind} has no elements.`);
  if (type.kind === "set")
    throw new AccessError("Invalid index", "Elements of a set have no index; use a 'for' expression or tolist().");
  if (type.kind === "list" || type.kind === "tuple") return inheritBoth(elementAt(value, convertKey(key, numberType)));
  return inheritBoth(elementNamed(value, convertKey(key, stringType), key.type.kind === "number"));
}

function convertKey(key: Value, type: Type): Value {
  try {
    return convert(key, type);
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    throw new AccessError("Invalid index", `The index does not identify an element of this value: ${error.message}.`);
  }
}

function elementAt(value: Value, key: Value): Value {
  const { type } = value;
  if (!key.isKnown) return unknownValue(type.kind === "list" ? type.element : dynamicType);
  if (!value.isKnown && type.kind === "list") return unknownValue(type.element);
  const index = key.asNumber();
  const elements = value.isKnown ? value.elements() : unknownElements(type);
  const element = index.isInteger && index.sign >= 0 ? elements[Number(index.toBigInt())] : undefined;
  if (element) return element;
  const shown = key.isSensitive ? "with this index" : index.toMessage();
  if (!index.isInteger)
    throw new AccessError("Invalid index", `An index is a whole number; there is no element ${shown}.`);
  if (index.sign < 0) throw new AccessError("Invalid index", `An index is not negative; there is no element ${shown}.`);
  const count = elements.length === 0 ? "has no elements" : `has ${elements.length}, counted from 0`;
  const size = value.isSensitive ? "" : `: the ${type.kind} ${count}`;
  throw new AccessError("Invalid index", `There is no element ${shown}${size}.`);
}

/** What is known of the elements of an unknown tuple. */
function unknownElements(type: Type): readonly Value[] {
  return type.kind === "tuple" ? type.elements.map((element) => unknownValue(element)) : [];
}

function elementNamed(value: Value, key: Value, wasNumber: boolean): Value {
  const { type } = value;
  if (!key.isKnown) return unknownValue(type.kind === "map" ? type.element : undefined);
  const name = key.asString();
  const declared = type.kind === "object" ? type.attributes.get(name) : type.kind === "map" ? type.element : undefined;
  const element = value.isKnown ? value.get(name) : declared && unknownValue(declared);
  if (element) return element;
  const summary = "Invalid index";
  if (wasNumber)
    throw new AccessError(summary, `Elements of this ${type.kind} have names; there are no numbered ones.`);
  if (key.isSensitive) throw new AccessError(summary, `This ${type.kind} has no element with this key.`);
  const detail = `This ${type.kind} has no element with the key "${name}".${suggestName(name, shownKeys(value))}`;
  throw new AccessError(summary, detail);
}

/** Keys that a message may show. */
function shownKeys(value: Value): Iterable<string> {
  return value.isKnown && !value.isSensitive ? value.asMap().keys() : [];
}

/** What is taken out of a sensitive value, or by a sensitive key, is sensitive. */
function inherit(element: Value, from: Value): Value {
  return from.isSensitive ? element.withSensitive() : element;
}
