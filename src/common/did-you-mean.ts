/**
 * The known name that somebody most likely meant, for a hint. Undefined when none is close: at most a third of the
 * letters, and at least one, may differ.
 */
export function didYouMean(given: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let smallest = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const name of known) {
    const distance = editDistance(given.toLowerCase(), name.toLowerCase());
    if (distance >= smallest) continue;
    smallest = distance;
    best = name;
  }
  return best;
}

/**
 * How many letters must be added, removed, replaced or swapped with their neighbour.
 * @see Damerau-Levenshtein distance, in its "optimal string alignment" form
 */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let cost = Math.min(replaced, at(last, column) + 1, at(current, column - 1) + 1);
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwap) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
