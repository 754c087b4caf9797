import { type CollectionType, isCollection, isPrimitive, type ObjectType, type Type, typeName } from "./type.ts";
import { canConvert } from "./unify.ts";

/** Why values of one type cannot become another, as a sentence's tail: `string required, but have tuple`. */
export function conversionFailure(from: Type, to: Type): string {
  if (from.kind === "object" && to.kind === "object") return objectFailure(from, to);
  if (isCollection(to)) {
    const isFitting = isCollection(from)
      ? isSameFamily(from, to)
      : from.kind === (to.kind === "map" ? "object" : "tuple");
    if (isFitting) return collectionFailure(from, to);
    if (!isPrimitive(from)) return `${constraintName(to)} required`;
  }
  // From string to number or bool it is the text that is wrong, not the type.
  if (from.kind === "string" && isPrimitive(to)) return `a ${to.kind} is required`;
  return `${constraintName(to)} required, but have ${typeName(from)}`;
}

function constraintName(type: Type): string {
  return typeName(type, "any type");
}

function isSameFamily(from: CollectionType, to: CollectionType): boolean {
  return (from.kind === "map") === (to.kind === "map");
}

function objectFailure(from: ObjectType, to: ObjectType): string {
  const missing = [...to.attributes.keys()].filter((name) => !from.attributes.has(name) && !to.optional.has(name));
  const quoted = missing.map((name) => `"${name}"`);
  if (quoted.length === 1) return `attribute ${quoted[0]} is required`;
  if (quoted.length > 1) return `attributes ${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)} are required`;
  for (const [name, type] of to.attributes) {
    const given = from.attributes.get(name);
    if (given && !canConvert(given, type)) return `attribute "${name}": ${conversionFailure(given, type)}`;
  }
  return "incorrect object attributes";
}

function collectionFailure(from: Type, to: CollectionType): string {
  if (isCollection(from)) return `incorrect ${to.kind} element type: ${conversionFailure(from.element, to.element)}`;
  if (to.element.kind === "dynamic") return `all ${to.kind} elements must have the same type`;
  for (const [key, type] of partsOf(from)) {
    if (!canConvert(type, to.element)) return `element ${key}: ${conversionFailure(type, to.element)}`;
  }
  return `all elements must be ${constraintName(to.element)}`;
}

function partsOf(type: Type): readonly (readonly [string, Type])[] {
  if (type.kind === "tuple") return type.elements.map((element, index) => [`${index}`, element] as const);
  if (type.kind === "object") return [...type.attributes].map(([name, part]) => [`"${name}"`, part] as const);
  return [];
}
