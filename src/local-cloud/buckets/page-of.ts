interface Asked {
  readonly prefix: string;
  readonly delimiter: string;
  /** How many names a page has at most. */
  readonly most: number;
  /** The page begins behind this name. */
  readonly after: string;
}

interface Page<Row> {
  readonly rows: readonly Row[];
  /** What keys have in common up to the delimiter behind the prefix. */
  readonly common: readonly string[];
  /** The last name on the page, when another page follows. */
  readonly next: string | undefined;
}

type Order = (one: string, other: string) => number;

/**
 * One page of a list of keys. What keys have in common is one name, and is shown if it comes after the name that is given.
 * @see Amazon S3, ListObjectsV2, "delimiter"
 */
export function pageOf<Row extends { readonly key: string }>(
  rows: readonly Row[],
  { prefix, delimiter, most, after }: Asked,
  order: Order = compareKeys,
): Page<Row> {
  const found = new Map<string, Row | undefined>();
  for (const row of rows) {
    if (!row.key.startsWith(prefix)) continue;
    const end = delimiter === "" ? -1 : row.key.indexOf(delimiter, prefix.length);
    const name = end === -1 ? row.key : row.key.slice(0, end + delimiter.length);
    if (found.has(name) || order(name, after) <= 0) continue;
    found.set(name, end === -1 ? row : undefined);
  }
  const names = smallest(found.keys(), most + 1, order);
  const shown = names.slice(0, most);
  return {
    rows: shown.flatMap((name) => found.get(name) ?? []),
    common: shown.filter((name) => found.get(name) === undefined),
    next: names.length > most ? shown.at(-1) : undefined,
  };
}

/** The first of many names in their order. A bucket has many more than a page: most of them are only looked at. */
function smallest(names: Iterable<string>, count: number, order: Order): string[] {
  let kept: string[] = [];
  let bound: string | undefined;
  for (const name of names) {
    if (bound !== undefined && order(name, bound) > 0) continue;
    kept.push(name);
    if (kept.length < 2 * count) continue;
    kept = kept.sort(order).slice(0, count);
    bound = kept.at(-1);
  }
  return kept.sort(order).slice(0, count);
}

/**
 * The order of the bytes of UTF-8, without making them. It is that of UTF-16, except that the halves of pairs come behind
 * all other units.
 */
export function compareKeys(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index++) {
    const [left, right] = [one.charCodeAt(index), other.charCodeAt(index)];
    if (left !== right) return rankOf(left) - rankOf(right);
  }
  return one.length - other.length;
}

function rankOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
