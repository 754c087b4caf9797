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

const ID_PREFIXES: Readonly<Record<string, string>> = {
  VmIds: "i-",
  ImageIds: "ami-",
  SnapshotIds: "snap-",
  VolumeIds: "vol-",
};

/**
 * The items that pass every filter; a filter passes with any of its values.
 * @throws {Refusal} `bad-id-prefix`, `bad-id` when an id in a filter cannot be one of its kind
 */
export function applyFilters<Item extends object, Keys extends string>(
  items: readonly Item[],
  filters: Readonly<Partial<Record<Keys, unknown>>> | undefined,
  rules: FilterRules<Keys, Item>,
): Item[] {
  const given = filters === undefined ? [] : entriesOf(filters);
  for (const [key, wanted] of given) for (const id of listOf(wanted)) checkIdForm(ID_PREFIXES[key], id);
  return items.filter((item) => given.every(([key, wanted]) => passes(item, key, rules[key], wanted)));
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

function passes<Item extends object>(item: Item, key: string, rule: FilterRule<Item>, wanted: unknown): boolean {
  if (typeof rule === "object") return withinBound(item, rule, String(wanted));
  const found = typeof rule === "function" ? rule(item) : valuesAt(item, rule.split("."));
  const matches = WILDCARDS.has(key) ? matchesWildcard : Object.is;
  return listOf(wanted).some((value) => found.some((candidate) => matches(candidate, value)));
}

function withinBound(item: object, { bound }: DateBound, wanted: string): boolean {
  const [created] = valuesAt(item, ["CreationDate"]);
  const difference = Date.parse(String(created)) - Date.parse(wanted);
  return bound === "from" ? difference >= 0 : difference <= 0;
}

function matchesWildcard(candidate: unknown, pattern: unknown): boolean {
  const escaped = String(pattern).replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*")}$`, "s").test(String(candidate));
}

/** Every value that a path leads to. */
function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((element) => valuesAt(element, path));
  const [key, ...rest] = path;
  if (key === undefined) return [value];
  return typeof value === "object" ? valuesAt(Reflect.get(value, key), rest) : [];
}

function listOf(wanted: unknown): readonly unknown[] {
  return Array.isArray(wanted) ? wanted : [wanted];
}
