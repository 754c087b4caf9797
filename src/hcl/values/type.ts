/**
 * A type of the template language. `dynamic` means "not known yet" for a value, and "any" in a constraint.
 *
 * @see zclconf/go-cty, docs/types.md: the type system that Packer's templates are evaluated with
 */
export type Type = PrimitiveType | DynamicType | CollectionType | TupleType | ObjectType;

export interface PrimitiveType {
  readonly kind: "string" | "number" | "bool";
}
export interface DynamicType {
  readonly kind: "dynamic";
}
export interface CollectionType {
  readonly kind: "list" | "set" | "map";
  readonly element: Type;
}
export interface TupleType {
  readonly kind: "tuple";
  readonly elements: readonly Type[];
}
export interface ObjectType {
  readonly kind: "object";
  /** Sorted by name, as `compareStrings()` sorts. */
  readonly attributes: ReadonlyMap<string, Type>;
  /** Attributes that a converted value need not have; only in constraints, never in the type of a value. */
  readonly optional: ReadonlySet<string>;
}

export const stringType: PrimitiveType = { kind: "string" };
export const numberType: PrimitiveType = { kind: "number" };
export const boolType: PrimitiveType = { kind: "bool" };
export const dynamicType: DynamicType = { kind: "dynamic" };

export function listType(element: Type): CollectionType {
  return { kind: "list", element };
}

export function setType(element: Type): CollectionType {
  return { kind: "set", element };
}

export function mapType(element: Type): CollectionType {
  return { kind: "map", element };
}

export function tupleType(elements: readonly Type[]): TupleType {
  return { kind: "tuple", elements };
}

export function objectType(attributes: Iterable<readonly [string, Type]>, optional: Iterable<string> = []): ObjectType {
  return { kind: "object", attributes: sortedMap(attributes), optional: new Set(optional) };
}

/** Orders strings by code point: the order of their UTF-8 bytes, in which maps and sets are walked. */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    if (a.charCodeAt(index) === b.charCodeAt(index)) continue;
    // Two surrogates that differ in their second half compare right as units; mixed with others they do not.
    return (a.codePointAt(index) ?? 0) - (b.codePointAt(index) ?? 0);
  }
  return a.length - b.length;
}

/** A map whose keys stand in the order of `compareStrings()`; of equal keys the last one wins. */
export function sortedMap<V>(entries: Iterable<readonly [string, V]>): ReadonlyMap<string, V> {
  const unsorted = new Map(entries);
  return new Map([...unsorted].sort(([a], [b]) => compareStrings(a, b)));
}

export function isPrimitive(type: Type): type is PrimitiveType {
  return type.kind === "string" || type.kind === "number" || type.kind === "bool";
}

export function isCollection(type: Type): type is CollectionType {
  return type.kind === "list" || type.kind === "set" || type.kind === "map";
}

/** Same type, optional attributes included. */
export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  if (isCollection(a)) return isCollection(b) && a.kind === b.kind && sameType(a.element, b.element);
  if (a.kind === "tuple") {
    if (b.kind !== "tuple" || a.elements.length !== b.elements.length) return false;
    return a.elements.every((element, index) => sameType(element, b.elements[index] as Type));
  }
  if (a.kind === "object") return b.kind === "object" && sameObjectType(a, b);
  return a.kind === b.kind;
}

function sameObjectType(a: ObjectType, b: ObjectType): boolean {
  if (a.attributes.size !== b.attributes.size || a.optional.size !== b.optional.size) return false;
  for (const [name, type] of a.attributes) {
    const other = b.attributes.get(name);
    if (other === undefined || !sameType(type, other) || a.optional.has(name) !== b.optional.has(name)) return false;
  }
  return true;
}

/** Whether `dynamic` occurs anywhere in the type. */
export function hasDynamic(type: Type): boolean {
  if (type.kind === "dynamic") return true;
  if (isCollection(type)) return hasDynamic(type.element);
  if (type.kind === "tuple") return type.elements.some(hasDynamic);
  return type.kind === "object" && [...type.attributes.values()].some(hasDynamic);
}

/** Whether a type is what is wanted, where `dynamic` wants anything. */
export function conforms(given: Type, wanted: Type): boolean {
  if (wanted.kind === "dynamic") return true;
  if (isCollection(given) && isCollection(wanted))
    return given.kind === wanted.kind && conforms(given.element, wanted.element);
  if (given.kind === "tuple" && wanted.kind === "tuple") {
    const { elements } = wanted;
    return (
      given.elements.length === elements.length &&
      given.elements.every((element, index) => conforms(element, elements[index] as Type))
    );
  }
  if (given.kind !== "object" || wanted.kind !== "object") return sameType(given, wanted);
  return (
    given.attributes.size === wanted.attributes.size &&
    [...wanted.attributes].every(([name, attribute]) => {
      const own = given.attributes.get(name);
      return own !== undefined && conforms(own, attribute);
    })
  );
}

/** The type with every optional attribute made an ordinary one, at every depth: what a value can have. */
export function withoutOptional(type: Type): Type {
  if (isCollection(type)) return { kind: type.kind, element: withoutOptional(type.element) };
  if (type.kind === "tuple") return tupleType(type.elements.map(withoutOptional));
  if (type.kind !== "object") return type;
  return objectType([...type.attributes].map(([name, attribute]) => [name, withoutOptional(attribute)] as const));
}

/**
 * The type as messages name it: `list of string`, `object`.
 * @param dynamicName What to call `dynamic`: `dynamic` for a value's type, `any type` for a constraint
 */
export function typeName(type: Type, dynamicName = "dynamic"): string {
  if (type.kind === "dynamic") return dynamicName;
  if (!isCollection(type)) return type.kind;
  // Inside a collection, "any single type": its elements agree on one.
  const element = type.element.kind === "dynamic" && dynamicName !== "dynamic" ? "any single type" : undefined;
  return `${type.kind} of ${element ?? typeName(type.element, dynamicName)}`;
}

/** The type in the syntax of `type = ...`: `list(string)`, `object({name=string})`. */
export function typeExpression(type: Type): string {
  if (type.kind === "dynamic") return "any";
  if (isCollection(type)) return `${type.kind}(${typeExpression(type.element)})`;
  if (type.kind === "tuple") return `tuple([${type.elements.map(typeExpression).join(", ")}])`;
  if (type.kind !== "object") return type.kind;
  const attributes = [...type.attributes].map(([name, attribute]) => {
    const expression = typeExpression(attribute);
    return `${name}=${type.optional.has(name) ? `optional(${expression})` : expression}`;
  });
  return `object({${attributes.join(", ")}})`;
}
