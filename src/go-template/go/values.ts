import { ownValue } from "../../common/own-value.ts";

/**
 * A value inside a Go template. A bigint stands for Go's `int`, a number for its `float64`, null for a nil interface
 * and for "no value".
 */
export type GoValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly GoValue[]
  | { readonly [key: string]: GoValue };

export type GoMap = { readonly [key: string]: GoValue };

export function isList(value: GoValue): value is readonly GoValue[] {
  return Array.isArray(value);
}

export function isMap(value: GoValue): value is GoMap {
  return typeof value === "object" && value !== null && !isList(value);
}

/** The keys of a map in Go's order: by bytes. */
export function sortedKeys(map: GoMap): string[] {
  return Object.keys(map).sort(compareBytes);
}

/** Compares as Go compares strings: by their UTF-8 bytes, which is by code point. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** What `%T` prints. */
export function typeName(value: GoValue): string {
  if (value === null) return "<nil>";
  if (typeof value === "string") return "string";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "float64";
  if (typeof value === "boolean") return "bool";
  return isList(value) ? "[]interface {}" : "map[string]interface {}";
}

/** What `if`, `with`, `and`, `or` and `not` take for true: all but the zero value of each type. */
export function isTrue(value: GoValue): boolean {
  if (value === null) return false;
  if (isList(value)) return value.length > 0;
  if (isMap(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Reads a map's own key: `__proto__` and `toString` are ordinary, absent names. */
export function entryOf(map: GoMap, key: string): GoValue | undefined {
  return ownValue(map, key);
}
