import { didYouMean } from "./did-you-mean.ts";

/** ` Did you mean "x"?` when one of the known names is close to what was given, else nothing. */
export function suggestName(given: string, known: Iterable<string>): string {
  const name = didYouMean(given, known);
  return name === undefined ? "" : ` Did you mean "${name}"?`;
}
