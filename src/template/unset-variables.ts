import { referencesOf } from "../hcl/syntax/references.ts";
import type { Expression } from "../hcl/syntax/syntax.ts";
import { expressionsIn } from "./blocks/prerequisites.ts";
import type { EvaluatedTemplate } from "./evaluate-template.ts";

/** The names of variables that an expression depends on, itself or through locals, and that are not set. */
export type FindUnset = (expression: Expression) => readonly string[];

export function unsetFinder({ variables, prerequisites }: EvaluatedTemplate): FindUnset {
  const byAddress = new Map(prerequisites.map((item) => [item.address, item]));
  return (expression) => {
    const unset = new Set<string>();
    const seen = new Set<string>();
    // Not by recursion: a chain of locals may be longer than the call stack is deep.
    const waiting = [expression];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      for (const { root, path } of referencesOf(next)) {
        const [first = "", second = ""] = path;
        if (root === "var" && variables.get(first)?.assignments.length === 0) unset.add(first);
        const address = root === "data" ? `data.${first}.${second}` : `${root}.${first}`;
        const item = byAddress.get(address);
        if (!item || seen.has(address)) continue;
        seen.add(address);
        waiting.push(...expressionsIn(item));
      }
    }
    return [...unset];
  };
}
