/** ` Did you mean "x"?` when one of the candidates is close to what was given, else nothing. */
export function suggestName(given: string, candidates: Iterable<string>): string {
  const closest = closestName(given, candidates);
  return closest === undefined ? "" : ` Did you mean "${closest}"?`;
}

/** The candidate that differs by the fewest typing errors, if they are few for a name of that length. */
export function closestName(given: string, candidates: Iterable<string>): string | undefined {
  const mostErrors = Math.max(1, Math.min(3, Math.floor(given.length / 3)));
  let closest: string | undefined;
  let fewest = mostErrors + 1;
  for (const candidate of candidates) {
    const errors = typingErrors(given.toLowerCase(), candidate.toLowerCase());
    if (errors >= fewest) continue;
    fewest = errors;
    closest = candidate;
  }
  return closest;
}

/** Letters to insert, remove, replace or swap with their neighbour (Damerau-Levenshtein, restricted). */
function typingErrors(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 3) return Number.POSITIVE_INFINITY;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      const replaced = (last[column - 1] ?? 0) + (isSame ? 0 : 1);
      let cost = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, replaced);
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (row > 1 && column > 1 && isSwap) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length] ?? 0;
}
