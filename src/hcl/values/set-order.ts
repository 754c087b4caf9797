import { compareStrings } from "./type.ts";
import type { Value } from "./value.ts";

/** The elements of a set: each once, in the order in which it is walked. */
export function distinctSorted(elements: readonly Value[]): readonly Value[] {
  const sorted = [...elements].sort(compareForSet);
  // What is not known is equal to nothing, not even to itself.
  return sorted.filter((element, index) => {
    const before = sorted[index - 1];
    return before === undefined || !element.isWhollyKnown || compareForSet(before, element) !== 0;
  });
}

/** The order in which a set is walked: known values first, then unknown ones, then null. */
function compareForSet(a: Value, b: Value): number {
  const rank = (value: Value) => (value.isNull ? 2 : value.isKnown ? 0 : 1);
  if (rank(a) !== 0 || rank(b) !== 0) return rank(a) - rank(b);
  if (a.type.kind === "string") return compareStrings(a.asString(), b.asString());
  if (a.type.kind === "number") return a.asNumber().compare(b.asNumber());
  if (a.type.kind === "bool") return Number(a.asBool()) - Number(b.asBool());
  return compareStrings(setKey(a), setKey(b));
}

/**
 * A text by which sets of containers are ordered: the one that go-cty makes, so that the order is Packer's.
 * @see zclconf/go-cty, cty/set_internals.go
 */
function setKey(value: Value): string {
  if (!value.isKnown) return "?";
  if (value.isNull) return "~";
  const { kind } = value.type;
  if (kind === "string") return JSON.stringify(value.asString());
  if (kind === "number") return value.asNumber().toShortString();
  if (kind === "bool") return value.asBool() ? "T" : "F";
  if (kind === "map") {
    return `{${[...value.asMap()].map(([key, element]) => `${JSON.stringify(key)}:${setKey(element)};`).join("")}}`;
  }
  const [open, close] = kind === "list" || kind === "set" ? ["[", "]"] : ["<", ">"];
  return `${open}${value
    .elements()
    .map((element) => `${setKey(element)};`)
    .join("")}${close}`;
}
