/** Plain data in which what is sensitive is hidden. */
export type Secretive = string | number | boolean | null | readonly Secretive[] | { readonly [key: string]: Secretive };

const HIDDEN = "(sensitive value)";

/**
 * Plain data with sensitive values hidden, however short they are: the mask of all output leaves short ones alone, as
 * they hide in many words. What is undefined is left out, and a number that nobody knows is said to be so.
 */
export function hideSensitive(value: unknown, sensitiveValues: readonly string[], unknownNumber = ""): Secretive {
  const hide = (inner: unknown): Secretive => hideSensitive(inner, sensitiveValues, unknownNumber);
  if (typeof value === "number" && Number.isNaN(value)) return unknownNumber;
  if (typeof value === "string") return hideInText(value, sensitiveValues);
  if (typeof value === "number") return sensitiveValues.includes(String(value)) ? HIDDEN : value;
  if (typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(hide);
  if (typeof value !== "object" || value === null) return null;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [hideInText(key, sensitiveValues), hide(inner)]));
}

function hideInText(text: string, sensitiveValues: readonly string[]): string {
  // The longest first, as one may be a part of another.
  const longestFirst = sensitiveValues.filter((value) => value !== "").toSorted((a, b) => b.length - a.length);
  return longestFirst.reduce((hidden, value) => hidden.replaceAll(value, HIDDEN), text);
}
