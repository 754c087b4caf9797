import { compareBytes, type GoValue, isList, isMap, typeName } from "./go/values.ts";

/** What `eq` does: the first argument equals one of the others. Only values of one basic type compare. */
export function equalsAny(first: GoValue, others: readonly GoValue[]): boolean {
  if (others.length === 0) throw new Error("there is nothing to compare with");
  return others.some((other) => equals(first, other));
}

function equals(a: GoValue, b: GoValue): boolean {
  if (a === null || b === null) return a === b;
  if (typeName(a) !== typeName(b)) throw incompatible(a, b);
  if (isList(a) || isMap(a)) throw new Error(`values of type ${typeName(a)} cannot be compared`);
  return a === b;
}

/** Whether `a < b`: integers and floats by size, strings by their bytes. */
export function isLess(a: GoValue, b: GoValue): boolean {
  if (a === null || b === null || typeName(a) !== typeName(b)) throw incompatible(a, b);
  if (typeof a === "bigint" && typeof b === "bigint") return a < b;
  if (typeof a === "number" && typeof b === "number") return a < b;
  if (typeof a === "string" && typeof b === "string") return compareBytes(a, b) < 0;
  throw new Error(`values of type ${typeName(a)} have no order`);
}

function incompatible(a: GoValue, b: GoValue): Error {
  return new Error(`values of type ${typeName(a)} and ${typeName(b)} cannot be compared`);
}
