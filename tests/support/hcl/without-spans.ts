import { printValue } from "../../../src/hcl/values/print-value.ts";
import { Value } from "../../../src/hcl/values/value.ts";

/** A syntax tree without the places of its parts, to compare what two texts mean. */
export function withoutSpans(tree: unknown): unknown {
  if (tree instanceof Value) return printValue(tree);
  if (Array.isArray(tree)) return tree.map(withoutSpans);
  if (typeof tree !== "object" || tree === null) return tree;
  const parts = Object.entries(tree).filter(([name]) => !/[sS]pan$/.test(name));
  return Object.fromEntries(parts.map(([name, part]) => [name, withoutSpans(part)]));
}
