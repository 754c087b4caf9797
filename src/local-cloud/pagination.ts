import { Refusal } from "./refusal.ts";

interface PageRequest {
  readonly ResultsPerPage?: number | undefined;
  readonly NextPageToken?: string | undefined;
}

const MOST_RESULTS = 1_000;
const TOKEN_LIFETIME_MS = 60 * 60_000;

/**
 * One page of what a read found. Without `ResultsPerPage` that is everything.
 *
 * @param keyOf What the order goes by, ascending; it tells an item from every other
 * @returns the items, and a token while more remain
 * @throws {Refusal} `bad-parameter`, `bad-page-token`, `page-token-expired`
 */
export function pageOf<Item>(
  items: readonly Item[],
  request: PageRequest,
  { keyOf, nowMs }: { keyOf: (item: Item) => string; nowMs: number },
): { items: Item[]; token: { NextPageToken?: string } } {
  const sorted = items.map((item) => ({ item, key: keyOf(item) })).sort((a, b) => (a.key < b.key ? -1 : 1));
  const size = pageSize(request);
  const after = request.NextPageToken === undefined ? undefined : readToken(request.NextPageToken, nowMs);
  const rest = after === undefined ? sorted : sorted.filter(({ key }) => key > after);
  const shown = rest.slice(0, size);
  const page = shown.map(({ item }) => item);
  const last = shown.at(-1);
  if (last === undefined || shown.length === rest.length) return { items: page, token: {} };
  return { items: page, token: { NextPageToken: writeToken(last.key, nowMs) } };
}

/** A token of the page that begins with everything: what a read that never ends gives. It differs from others by a text. */
export function tokenOfFirstPage(nowMs: number, text: string): string {
  return writeToken(`\u0000${text}`, nowMs);
}

function pageSize({ ResultsPerPage: size, NextPageToken: token }: PageRequest): number {
  if (size === undefined) {
    if (token === undefined) return Number.POSITIVE_INFINITY;
    throw new Refusal("bad-page-token", "NextPageToken needs ResultsPerPage");
  }
  if (size < 1 || size > MOST_RESULTS) throw new Refusal("bad-parameter", `ResultsPerPage is 1 to ${MOST_RESULTS}`);
  return size;
}

function writeToken(after: string, nowMs: number): string {
  return Buffer.from(JSON.stringify([after, nowMs])).toString("base64");
}

function readToken(token: string, nowMs: number): string {
  const parsed = parseToken(token);
  if (!Array.isArray(parsed) || typeof parsed[0] !== "string" || typeof parsed[1] !== "number") {
    throw new Refusal("bad-page-token", "NextPageToken was not given by this cloud");
  }
  if (nowMs - parsed[1] > TOKEN_LIFETIME_MS) throw new Refusal("page-token-expired", "NextPageToken is too old");
  return parsed[0];
}

function parseToken(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, "base64").toString("utf8"));
  } catch {
    return undefined;
  }
}
