import { compareStrings } from "./type.ts";
import type { Value } from "./value.ts";

/** The elements of a set: each once, in the order in which it is walked. */
export function distinctSorted(elements: readonly Value[]): readonly Value[] {
  const keyed = elements.map((element) => ({ element, key: isPrimitive(element) ? "" : setKey(element) }));
  const sorted = keyed.sort((a, b) => compareForSet(a, b)).map(({ element }) => element);
  const seen = new Set<string>();
  return sorted.filter((element) => {
    // What is not known is equal to nothing, not even to itself.
    if (!element.isWhollyKnown) return true;
    const exact = exactKey(element);
    const isNew = !seen.has(exact);
    seen.add(exact);
    return isNew;
  });
}

/** Whether two sets, both wholly known, have the same elements, in whatever order those of one key have come. */
export function haveSameElements(a: Value, b: Value): boolean {
  const exact = new Set(b.elements().map(exactKey));
  return a.elements().length === exact.size && a.elements().every((element) => exact.has(exactKey(element)));
}

interface Keyed {
  readonly element: Value;
  readonly key: string;
}

function isPrimitive({ type: { kind } }: Value): boolean {
  return kind === "string" || kind === "number" || kind === "bool";
}

/** The order in which a set is walked: known values first, then unknown ones, then null. */
function compareForSet({ element: a, key }: Keyed, { element: b, key: otherKey }: Keyed): number {
  const rank = (value: Value) => (value.isNull ? 2 : value.isKnown ? 0 : 1);
  if (rank(a) !== 0 || rank(b) !== 0) return rank(a) - rank(b);
  if (a.type.kind === "string") return compareStrings(a.asString(), b.asString());
  if (a.type.kind === "number") return a.asNumber().compare(b.asNumber());
  if (a.type.kind === "bool") return Number(a.asBool()) - Number(b.asBool());
  return compareStrings(key, otherKey);
}

/**
 * A text by which sets of containers are ordered: the one that go-cty makes, so that the order is Packer's. Numbers have
 * ten digits in it, so different elements may have the same one.
 * @see zclconf/go-cty, cty/set_internals.go
 */
function setKey(value: Value): string {
  return keyOf(
    value,
    (number) => number.asNumber().toShortString(),
    (elements) => elements,
  );
}

/** A text that only equal values of one type have. Sets in it are in an order of their own. */
function exactKey(value: Value): string {
  return keyOf(value, exactNumber, (elements) => elements.toSorted());
}

function exactNumber(value: Value): string {
  const number = value.asNumber();
  if (number.isInfinite || number.isZero) return number.toString();
  return `${number.sign}:${number.mantissa.toString(36)}:${number.exponent}`;
}

type NumberKey = (number: Value) => string;
type SetKeys = (elements: readonly string[]) => readonly string[];

function keyOf(value: Value, numberKey: NumberKey, setKeys: SetKeys): string {
  const inner = (element: Value) => keyOf(element, numberKey, setKeys);
  if (!value.isKnown) return "?";
  if (value.isNull) return "~";
  const { kind } = value.type;
  if (kind === "string") return JSON.stringify(value.asString());
  if (kind === "number") return numberKey(value);
  if (kind === "bool") return value.asBool() ? "T" : "F";
  if (kind === "map") {
    return `{${[...value.asMap()].map(([key, element]) => `${JSON.stringify(key)}:${inner(element)};`).join("")}}`;
  }
  const [open, close] = kind === "list" || kind === "set" ? ["[", "]"] : ["<", ">"];
  const keys = value.elements().map((element) => `${inner(element)};`);
  return `${open}${(kind === "set" ? setKeys(keys) : keys).join("")}${close}`;
}
