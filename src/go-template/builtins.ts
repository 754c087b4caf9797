import { equalsAny, isLess } from "./compare.ts";
import type { TemplateFunction } from "./context.ts";
import { escapeHtml, escapeJs } from "./escape.ts";
import { escapeQuery } from "./go/escape-query.ts";
import { sprint, sprintf, sprintln } from "./go/sprintf.ts";
import { entryOf, type GoValue, isList, isMap, isTrue, typeName } from "./go/values.ts";

/** A function that takes any values. */
function variadic(required: number, call: (...args: readonly GoValue[]) => GoValue): TemplateFunction {
  return { params: Array.from({ length: required }, () => "any" as const), rest: "any", call };
}

function binary(call: (a: GoValue, b: GoValue) => GoValue): TemplateFunction {
  return { params: ["any", "any"], call: (a = null, b = null) => call(a, b) };
}

/** The functions of Go's text/template. `and` and `or` stop at the first argument that decides: see the evaluator. */
export const builtinFunctions: Readonly<Record<string, TemplateFunction>> = {
  and: variadic(1, (first = null) => first),
  or: variadic(1, (first = null) => first),
  not: { params: ["any"], call: (value = null) => !isTrue(value) },
  eq: variadic(1, (first = null, ...others) => equalsAny(first, others)),
  ne: binary((a, b) => !equalsAny(a, [b])),
  lt: binary(isLess),
  le: binary((a, b) => isLess(a, b) || equalsAny(a, [b])),
  gt: binary((a, b) => !(isLess(a, b) || equalsAny(a, [b]))),
  ge: binary((a, b) => !isLess(a, b)),
  len: { params: ["any"], call: (value = null) => lengthOf(value) },
  index: variadic(1, (value = null, ...indexes) => itemOf(value, indexes)),
  slice: variadic(1, (value = null, ...indexes) => sliceOf(value, indexes)),
  print: variadic(0, (...values) => sprint(values)),
  printf: { params: ["string"], rest: "any", call: (format, ...values) => sprintf(String(format), values) },
  println: variadic(0, (...values) => sprintln(values)),
  html: variadic(0, (...values) => escapeHtml(textOf(values))),
  js: variadic(0, (...values) => escapeJs(textOf(values))),
  urlquery: variadic(0, (...values) => escapeQuery(textOf(values))),
};

/** The values as text, where nothing shows as it does in the output. */
function textOf(values: readonly GoValue[]): string {
  return sprint(values.map((value) => value ?? "<no value>"));
}

/** Strings are counted, indexed and cut in bytes, as in Go. */
function lengthOf(value: GoValue): bigint {
  if (typeof value === "string") return BigInt(Buffer.byteLength(value));
  if (isList(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(Object.keys(value).length);
  throw new Error(`a value of type ${typeName(value)} has no length`);
}

function itemOf(value: GoValue, indexes: readonly GoValue[]): GoValue {
  if (value === null) throw new Error("nothing cannot be indexed");
  return indexes.reduce(itemAt, value);
}

function itemAt(value: GoValue, index: GoValue): GoValue {
  if (isMap(value)) {
    if (typeof index !== "string") throw new Error(`a map is indexed by a string, not by ${typeName(index)}`);
    return entryOf(value, index) ?? null;
  }
  if (isList(value)) return value[positionIn(index, value.length - 1)] ?? null;
  if (typeof value !== "string") throw new Error(`a value of type ${typeName(value)} cannot be indexed`);
  const bytes = Buffer.from(value);
  return BigInt(bytes[positionIn(index, bytes.length - 1)] ?? 0);
}

function sliceOf(value: GoValue, indexes: readonly GoValue[]): GoValue {
  if (typeof value !== "string" && !isList(value)) {
    throw new Error(`a value of type ${typeName(value)} cannot be sliced`);
  }
  const whole = typeof value === "string" ? Buffer.from(value) : value;
  if (indexes.length > (typeof value === "string" ? 2 : 3)) throw new Error("there are too many indexes");
  const [start = 0, end = whole.length, capacity = whole.length] = indexes.map((index) =>
    positionIn(index, whole.length),
  );
  if (start > end || end > capacity) throw new Error(`a slice cannot go from ${start} to ${end}`);
  return Buffer.isBuffer(whole) ? whole.subarray(start, end).toString() : whole.slice(start, end);
}

function positionIn(index: GoValue, last: number): number {
  if (typeof index !== "bigint") throw new Error(`an index is an int, not ${typeName(index)}`);
  if (index < 0n || index > last) throw new Error(`the index ${index} is out of range`);
  return Number(index);
}
