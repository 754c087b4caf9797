import {
  type CollectionType,
  dynamicType,
  isCollection,
  isPrimitive,
  listType,
  mapType,
  type ObjectType,
  objectType,
  sameType,
  type TupleType,
  type Type,
  tupleType,
} from "./type.ts";

/**
 * The one type that values of all these types can be converted to, for the branches of a conditional or the elements of
 * a list; `undefined` when there is none.
 *
 * @param isUnsafe Also by conversions that can fail for some values, such as string to number
 * @see zclconf/go-cty, cty/convert/unify.go
 */
export function unify(given: readonly Type[], isUnsafe = false): Type | undefined {
  if (given.length === 0) return undefined;
  const types = given.length > MANY_TYPES ? distinct(given) : given;
  const structural = unifyByKind(types, isUnsafe);
  if (structural !== "try each") return structural;
  const reaches = (target: Type) => types.every((type) => sameType(type, target) || canConvert(type, target, isUnsafe));
  return mostGeneralFirst(types).find(reaches);
}

/** A long list has few types, and each is compared to each. */
const MANY_TYPES = 100;

function distinct(types: readonly Type[]): readonly Type[] {
  const found: Type[] = [];
  for (const type of types) if (!found.some((other) => sameType(type, other))) found.push(type);
  return found;
}

/** Types of the same kind, or of kinds that are often each other in disguise, may meet in a type that is none of them. */
function unifyByKind(types: readonly Type[], isUnsafe: boolean): Type | undefined | "try each" {
  const kinds = new Set(types.map(({ kind }) => kind));
  const hasDynamic = kinds.delete("dynamic");
  const [only] = kinds;
  if (kinds.size === 1 && only !== undefined) {
    if (only === "string" || only === "number" || only === "bool") return "try each";
    // What becomes of a dynamic type is not known yet, so neither is the common one.
    return hasDynamic ? dynamicType : unifySameKind(types, isUnsafe);
  }
  if (kinds.has("object") && kinds.has("tuple")) return undefined;
  if (kinds.size === 2 && kinds.has("map") && kinds.has("object")) {
    return unifyDisguised(types, "object", isUnsafe) ?? "try each";
  }
  if (kinds.size === 2 && kinds.has("list") && kinds.has("tuple")) {
    return unifyDisguised(types, "tuple", isUnsafe) ?? "try each";
  }
  return "try each";
}

function unifySameKind(types: readonly Type[], isUnsafe: boolean): Type | undefined {
  if (types.every((type) => type.kind === "object")) return unifyObjects(types, isUnsafe);
  if (types.every((type) => type.kind === "tuple")) return unifyTuples(types, isUnsafe);
  const collections = types.filter(isCollection);
  const element = unify(
    collections.map((type) => type.element),
    isUnsafe,
  );
  const first = collections[0];
  return element === undefined || first === undefined ? undefined : { kind: first.kind, element };
}

/** Objects among maps are taken for maps, tuples among lists for lists. */
function unifyDisguised(types: readonly Type[], disguise: "object" | "tuple", isUnsafe: boolean): Type | undefined {
  const disguised = types.filter((type) => type.kind === disguise);
  const revealed =
    disguise === "object"
      ? unifyAsMap(
          disguised.filter((type) => type.kind === "object"),
          isUnsafe,
        )
      : unifyAsList(
          disguised.filter((type) => type.kind === "tuple"),
          isUnsafe,
        );
  if (revealed === undefined) return undefined;
  const common = unify(
    types.map((type) => (type.kind === disguise ? revealed : type)),
    isUnsafe,
  );
  return common?.kind === revealed.kind ? common : undefined;
}

function unifyObjects(types: readonly ObjectType[], isUnsafe: boolean): Type | undefined {
  const names = [...(types[0]?.attributes.keys() ?? [])];
  const isSameShape = types.every(({ attributes }) => {
    return attributes.size === names.length && names.every((name) => attributes.has(name));
  });
  if (!isSameShape) return unifyAsMap(types, isUnsafe);
  const attributes: [string, Type][] = [];
  for (const name of names) {
    const across = types.map((type) => type.attributes.get(name) ?? dynamicType);
    const attribute = unify(across, isUnsafe);
    if (attribute === undefined) return undefined;
    attributes.push([name, attribute]);
  }
  const common = objectType(attributes);
  const isReachable = types.every((type) => sameType(type, common) || canConvert(type, common, isUnsafe));
  return isReachable ? common : unifyAsMap(types, isUnsafe);
}

function unifyTuples(types: readonly TupleType[], isUnsafe: boolean): Type | undefined {
  const length = types[0]?.elements.length ?? 0;
  if (types.some(({ elements }) => elements.length !== length)) return unifyAsList(types, isUnsafe);
  const elements: Type[] = [];
  for (let index = 0; index < length; index++) {
    const across = types.map((type) => type.elements[index] ?? dynamicType);
    const element = unify(across, isUnsafe);
    if (element === undefined) return undefined;
    elements.push(element);
  }
  const common = tupleType(elements);
  const isReachable = types.every((type) => sameType(type, common) || canConvert(type, common, isUnsafe));
  return isReachable ? common : unifyAsList(types, isUnsafe);
}

function unifyAsMap(types: readonly ObjectType[], isUnsafe: boolean): CollectionType | undefined {
  return unifyAsCollection(
    types,
    types.flatMap((type) => [...type.attributes.values()]),
    mapType,
    isUnsafe,
  );
}

function unifyAsList(types: readonly TupleType[], isUnsafe: boolean): CollectionType | undefined {
  return unifyAsCollection(
    types,
    types.flatMap((type) => type.elements),
    listType,
    isUnsafe,
  );
}

function unifyAsCollection(
  types: readonly Type[],
  inner: readonly Type[],
  collection: (element: Type) => CollectionType,
  isUnsafe: boolean,
): CollectionType | undefined {
  const element = unify(inner, isUnsafe);
  if (element === undefined) return undefined;
  const common = collection(element);
  return types.every((type) => sameType(type, common) || canConvert(type, common, isUnsafe)) ? common : undefined;
}

/** The types, the most general ones first; ties stay in the given order. */
function mostGeneralFirst(types: readonly Type[]): readonly Type[] {
  const waiting = types.map((type) => types.filter((other) => compareGenerality(other, type) < 0).length);
  const queue = types.map((_, index) => index).filter((index) => waiting[index] === 0);
  for (let next = 0; next < queue.length; next++) {
    const current = types[queue[next] as number] as Type;
    types.forEach((type, index) => {
      if (compareGenerality(current, type) >= 0) return;
      waiting[index] = (waiting[index] ?? 0) - 1;
      if (waiting[index] === 0) queue.push(index);
    });
  }
  return queue.map((index) => types[index] as Type);
}

/**
 * Negative when `a` is the more general type, positive when `b` is, 0 when neither is.
 * @see zclconf/go-cty, cty/convert/compare_types.go
 */
function compareGenerality(a: Type, b: Type): number {
  if (a.kind === "dynamic" || b.kind === "dynamic") return Number(a.kind === "dynamic") - Number(b.kind === "dynamic");
  if (isPrimitive(a) && isPrimitive(b)) return Number(b.kind === "string") - Number(a.kind === "string");
  if (isCollection(a) && isCollection(b) && a.kind === b.kind) return compareGenerality(a.element, b.element);
  const disguise = GENERALITY.indexOf(`${a.kind}>${b.kind}`);
  if (disguise >= 0) return -1;
  if (GENERALITY.includes(`${b.kind}>${a.kind}`)) return 1;
  if (a.kind === "object" && b.kind === "object") return compareObjects(a, b);
  if (a.kind === "tuple" && b.kind === "tuple" && a.elements.length === b.elements.length) {
    return agree(a.elements.map((element, index) => compareGenerality(element, b.elements[index] as Type)));
  }
  return 0;
}

/** Which kind is the more general one; whether a conversion exists is found out later. */
const GENERALITY = ["list>tuple", "map>object", "tuple>set", "list>set"];

function compareObjects(a: ObjectType, b: ObjectType): number {
  if (a.attributes.size !== b.attributes.size) return 0;
  if ([...a.attributes.keys()].some((name) => !b.attributes.has(name))) return 0;
  return agree([...a.attributes].map(([name, type]) => compareGenerality(type, b.attributes.get(name) as Type)));
}

function agree(comparisons: readonly number[]): number {
  const isMore = comparisons.some((comparison) => comparison < 0);
  const isLess = comparisons.some((comparison) => comparison > 0);
  return isMore === isLess ? 0 : isMore ? -1 : 1;
}

/**
 * Whether values of one type can be converted to another.
 * @param isUnsafe Also by a conversion that fails for some values, such as string to number
 */
export function canConvert(from: Type, to: Type, isUnsafe = true): boolean {
  if (to.kind === "dynamic" || sameType(from, to)) return true;
  if (from.kind === "dynamic") return isUnsafe;
  if (isPrimitive(from) || isPrimitive(to)) return canConvertPrimitive(from, to, isUnsafe);
  if (to.kind === "object") {
    if (from.kind === "object") return canConvertObject(from, to, isUnsafe);
    return from.kind === "map" && isUnsafe && canConvertMapToObject(from, to);
  }
  if (to.kind === "tuple") return from.kind === "tuple" && canConvertTuple(from, to, isUnsafe);
  return canConvertToCollection(from, to, isUnsafe);
}

function canConvertPrimitive(from: Type, to: Type, isUnsafe: boolean): boolean {
  if (!isPrimitive(from) || !isPrimitive(to)) return false;
  return to.kind === "string" || (from.kind === "string" && isUnsafe);
}

function canConvertObject(from: ObjectType, to: ObjectType, isUnsafe: boolean): boolean {
  return [...to.attributes].every(([name, type]) => {
    const given = from.attributes.get(name);
    return given === undefined ? to.optional.has(name) : canConvert(given, type, isUnsafe);
  });
}

function canConvertMapToObject(from: CollectionType, to: ObjectType): boolean {
  // An optional attribute of an unfitting type is no harm as long as the map does not have it.
  return [...to.attributes].every(([name, type]) => canConvert(from.element, type) || to.optional.has(name));
}

function canConvertTuple(from: TupleType, to: TupleType, isUnsafe: boolean): boolean {
  if (from.elements.length !== to.elements.length) return false;
  return from.elements.every((element, index) => canConvert(element, to.elements[index] as Type, isUnsafe));
}

function canConvertToCollection(from: Type, to: CollectionType, isUnsafe: boolean): boolean {
  if (from.kind === "tuple" && to.kind !== "map") return canShareElementType(from.elements, to, isUnsafe);
  if (from.kind === "object" && to.kind === "map") {
    return canShareElementType([...from.attributes.values()], to, isUnsafe);
  }
  const isSequence = from.kind === "list" || from.kind === "set";
  if (to.kind === "map" ? from.kind !== "map" : !isSequence) return false;
  // A list loses its order, and its duplicates, in a set.
  if (from.kind === "list" && to.kind === "set" && !isUnsafe) return false;
  return isCollection(from) && canConvert(from.element, to.element, isUnsafe);
}

function canShareElementType(elements: readonly Type[], to: CollectionType, isUnsafe: boolean): boolean {
  if (elements.length === 0) return true;
  const element = sharedElementType(elements, to, isUnsafe);
  return element !== undefined && elements.every((type) => canConvert(type, element, isUnsafe));
}

/** The element type that a tuple's or an object's parts take in a collection of type `to`. */
export function sharedElementType(elements: readonly Type[], to: CollectionType, isUnsafe = true): Type | undefined {
  if (to.element.kind !== "dynamic") return to.element;
  const common = unify(elements, isUnsafe);
  if (common?.kind !== "dynamic" || to.kind === "map") return common;
  return elements.every(({ kind }) => kind === "dynamic") ? common : undefined;
}
