import { Refusal } from "./refusal.ts";

/**
 * How one filter key finds what it compares: a path into the object as it is answered (`LinkedVolumes.VmId`; lists on
 * the way are walked through), or a function of the object.
 */
export type FilterRule<Item> = string | ((item: Item) => readonly unknown[]) | DateBound;

/** A bound on the creation date, inclusive. */
export interface DateBound {
  readonly bound: "from" | "to";
}

export type FilterRules<Keys extends PropertyKey, Item> = Readonly<Record<Keys, FilterRule<Item>>>;

interface Tagged {
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[] | undefined;
}

/** The three filters of every object that has tags. `TagKeys` and `TagValues` are independent of each other. */
export const tagFilters = {
  TagKeys: "Tags.Key",
  TagValues: "Tags.Value",
  Tags: ({ Tags = [] }: Tagged) => Tags.map(({ Key, Value }) => `${Key}=${Value}`),
};

/** Keys whose values may hold `*`. @see docs/local-cloud.md */
const WILDCARDS = new Set(["ImageNames", "Descriptions", "FileLocations"]);

/** Every pattern meets every object, while all other calls wait. */
const MOST_PATTERNS = 100;

/** The items that pass every filter; a filter passes with any of its values. An id that is none finds nothing. */
export function applyFilters<Item extends object, Keys extends string>(
  items: readonly Item[],
  filters: Readonly<Partial<Record<Keys, unknown>>> | undefined,
  rules: FilterRules<Keys, Item>,
): Item[] {
  const given = filters === undefined ? [] : entriesOf(filters);
  const tests = given.map(([key, wanted]) => testOf(key, rules[key], wanted));
  return items.filter((item) => tests.every((test) => test(item)));
}

/** @throws {Refusal} `bad-id-prefix`, `bad-id` */
export function checkIdForm(prefix: string | undefined, id: unknown): void {
  if (prefix === undefined || typeof id !== "string") return;
  if (!id.startsWith(prefix)) throw new Refusal("bad-id-prefix", `"${id}" does not begin with "${prefix}"`);
  if (!/^[0-9a-f]{8}$/.test(id.slice(prefix.length))) throw new Refusal("bad-id", `"${id}" is malformed`);
}

function entriesOf<Keys extends string>(filters: Readonly<Partial<Record<Keys, unknown>>>): [Keys, unknown][] {
  const keys = Object.keys(filters).filter((key): key is Keys => key in filters);
  return keys.flatMap((key): [Keys, unknown][] => (filters[key] === undefined ? [] : [[key, filters[key]]]));
}

type Test<Value> = (value: Value) => boolean;

function testOf<Item extends object>(key: string, rule: FilterRule<Item>, wanted: unknown): Test<Item> {
  if (typeof rule === "object") return (item) => withinBound(item, rule, String(wanted));
  const matches = valueTest(key, Array.isArray(wanted) ? wanted : [wanted]);
  if (typeof rule === "function") return (item) => rule(item).some(matches);
  const path = rule.split(".");
  return (item) => valuesAt(item, path).some(matches);
}

/** Whether a value is one of those that a filter names. */
function valueTest(key: string, wanted: readonly unknown[]): Test<unknown> {
  const isPattern = (value: unknown) => WILDCARDS.has(key) && typeof value === "string" && value.includes("*");
  const patterns = [...new Set(wanted.filter(isPattern))].map((value) => wildcard(String(value)));
  if (patterns.length > MOST_PATTERNS)
    throw new Refusal("bad-parameter", `${key} takes at most ${MOST_PATTERNS} patterns`);
  const exact = new Set(wanted.filter((value) => !isPattern(value)));
  return (value) => exact.has(value) || patterns.some((matches) => matches(String(value)));
}

/**
 * A test of texts against a pattern in which `*` stands for any text. Each part between two stars is looked for once,
 * behind the one before: trying every place of every part takes for ever with `*a*a*a*b`.
 */
export function wildcard(pattern: string): Test<string> {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return (text) => text === pattern;
  return (text) => {
    if (!text.startsWith(first)) return false;
    let at = first.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return text.length - last.length >= at && text.endsWith(last);
  };
}

function withinBound(item: object, { bound }: DateBound, wanted: string): boolean {
  const [created] = valuesAt(item, ["CreationDate"]);
  const difference = Date.parse(String(created)) - Date.parse(wanted);
  return bound === "from" ? difference >= 0 : difference <= 0;
}

/** Every value that a path leads to. */
function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((element) => valuesAt(element, path));
  const [key, ...rest] = path;
  if (key === undefined) return [value];
  return typeof value === "object" ? valuesAt(Reflect.get(value, key), rest) : [];
}
