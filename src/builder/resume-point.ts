import type { DoneWork } from "./journal/entry.ts";

/** A command or provisioner of the template as it is now. */
export type Work = Pick<DoneWork, "name" | "digest">;

/** Where a resumed run goes on. */
export interface ResumePoint {
  /** The index of the first one to run. */
  readonly start: number;
  /** What is not as it was when it ran, and stays as it is in the image. */
  readonly notices: readonly string[];
}

/**
 * Where to go on, after what is done, in a list that may have been edited since. What has run does not run again, even
 * if it is another one now: the image has it already.
 *
 * As long as there are as many as before, each is what it was by its place. Otherwise what is equal is matched, and the
 * first one after the last match is the one to go on with.
 */
export function resumePoint(done: readonly DoneWork[], now: readonly Work[]): ResumePoint {
  const isAsItWas = done.every(({ digest }, index) => now[index]?.digest === digest);
  if (isAsItWas) return { start: done.length, notices: [] };
  if (done.at(-1)?.count === now.length) {
    const changed = now.slice(0, done.length).filter(({ digest }, index) => done[index]?.digest !== digest);
    return {
      start: done.length,
      notices: changed.map(({ name }) => `${name} has changed since it ran: it is not run again`),
    };
  }
  const matches = longestMatch(done, now);
  const last = matches.at(-1)?.[1];
  const start = last === undefined ? Math.min(done.length, now.length) : last + 1;
  const gone = done.filter((_, index) => !matches.some(([from]) => from === index));
  const fresh = now.slice(0, start).filter((_, index) => !matches.some(([, to]) => to === index));
  return {
    start,
    notices: [
      ...gone.map(({ name }) => `${name} has run, and is not in the template any more, or has changed`),
      ...fresh.map(({ name }) => `${name} is not run: what comes after it in the template has run already`),
    ],
  };
}

/** The pairs of indices of the longest common subsequence. */
function longestMatch(done: readonly Work[], now: readonly Work[]): readonly (readonly [number, number])[] {
  // lengths[i][j]: how many of done[i...] and now[j...] match
  const lengths = Array.from({ length: done.length + 1 }, () => new Array<number>(now.length + 1).fill(0));
  const lengthAt = (from: number, to: number) => lengths[from]?.[to] ?? 0;
  const isMatch = (from: number, to: number) => done[from]?.digest === now[to]?.digest;
  for (let from = done.length - 1; from >= 0; from--) {
    const row = lengths[from] as number[];
    for (let to = now.length - 1; to >= 0; to--) {
      row[to] = isMatch(from, to)
        ? lengthAt(from + 1, to + 1) + 1
        : Math.max(lengthAt(from + 1, to), lengthAt(from, to + 1));
    }
  }
  const pairs: [number, number][] = [];
  for (let from = 0, to = 0; from < done.length && to < now.length; ) {
    if (isMatch(from, to)) pairs.push([from++, to++]);
    else if (lengthAt(from + 1, to) >= lengthAt(from, to + 1)) from++;
    else to++;
  }
  return pairs;
}
