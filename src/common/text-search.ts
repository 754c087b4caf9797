/** Shorter texts cannot be searched for: the search begins with this many characters of each. */
export const SHORTEST_TEXT = 4;

/**
 * Finds many texts in a text at once. A place costs a look into a table of the texts' beginnings, and a binary search
 * where one of them might begin, however many and however long they are.
 */
export class TextSearch {
  readonly #sorted: readonly string[];
  /** For each text, the place of the longest other one that it begins with; -1 if there is none. */
  readonly #shorter: readonly number[];
  /** By the hash of its first characters: whether any text begins so. */
  readonly #beginnings = new Uint8Array(2 ** 16);
  #longest = 0;

  /** @param texts Of {@link SHORTEST_TEXT} characters or more; shorter ones are left out */
  constructor(texts: Iterable<string>) {
    this.#sorted = [...new Set(texts)].filter(({ length }) => length >= SHORTEST_TEXT).sort();
    this.#shorter = shorterOf(this.#sorted);
    for (const text of this.#sorted) {
      this.#beginnings[hashAt(text, 0)] = 1;
      this.#longest = Math.max(this.#longest, text.length);
    }
  }

  /** The places at which texts stand, in order; those that overlap are one. */
  *find(text: string): Generator<{ readonly start: number; readonly end: number }> {
    let found: { start: number; end: number } | undefined;
    for (let at = 0; at + SHORTEST_TEXT <= text.length; at++) {
      const length = this.#beginnings[hashAt(text, at)] === 1 ? this.#longestAt(text, at) : 0;
      if (length === 0) continue;
      if (found && at < found.end) found.end = Math.max(found.end, at + length);
      else {
        if (found) yield found;
        found = { start: at, end: at + length };
      }
    }
    if (found) yield found;
  }

  /**
   * The length of the longest text that stands at a place; 0 when none does. A text that stands there is the last one that
   * is not greater than what stands there, or one that this begins with.
   */
  #longestAt(text: string, at: number): number {
    const here = text.slice(at, at + this.#longest);
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] ?? "") <= here) low = middle + 1;
      else high = middle;
    }
    for (let index = low - 1; index >= 0; index = this.#shorter[index] ?? -1) {
      const candidate = this.#sorted[index] ?? "";
      if (here.startsWith(candidate)) return candidate.length;
    }
    return 0;
  }
}

function hashAt(text: string, at: number): number {
  let hash = 0;
  for (let index = at; index < at + SHORTEST_TEXT; index++) hash = Math.imul(hash, 31) + text.charCodeAt(index);
  return hash & 0xffff;
}

/** In a sorted list, what a text begins with comes before it, and what begins with that stands between the two. */
function shorterOf(sorted: readonly string[]): readonly number[] {
  const shorter: number[] = [];
  for (const [index, text] of sorted.entries()) {
    let candidate = index - 1;
    while (candidate >= 0 && !text.startsWith(sorted[candidate] ?? "")) candidate = shorter[candidate] ?? -1;
    shorter.push(candidate);
  }
  return shorter;
}
