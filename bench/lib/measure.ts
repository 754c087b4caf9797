/** A figure of a run: milliseconds, seconds, MiB, calls. */
export interface Subject {
  readonly name: string;
  /** Runs it once. @returns the figure, mostly from {@link timeMs} */
  readonly run: () => Promise<number> | number;
}

export interface Figures {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What is asked of a ratio or a figure: `atMost` or `atLeast` so much. */
export interface Goal {
  readonly measure: string;
  readonly value: number;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** Behind the value and the goal: `x of one`, ` s a build`. */
  readonly unit: string;
  /** What the value was made of, with its spread. */
  readonly details?: string;
}

/**
 * Runs the subjects in turn, so that what else the machine does meets all of them, and gives the figures of each.
 * @param rounds How often each is run and counted, after one that is not
 */
export async function inTurn(
  subjects: readonly Subject[],
  rounds: number,
  { warmUps = 1 } = {},
): Promise<readonly Figures[]> {
  const figures: number[][] = subjects.map(() => []);
  for (let round = -warmUps; round < rounds; round++) {
    for (const [index, subject] of subjects.entries()) {
      const figure = await subject.run();
      if (round >= 0) figures[index]?.push(figure);
    }
  }
  return figures.map(figuresOf);
}

export async function timeMs(run: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}

export function figuresOf(values: readonly number[]): Figures {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}

/** `2.31 s (2.20 to 2.90)` */
export function seconds({ median, min, max }: Figures): string {
  const two = (ms: number) => (ms / 1_000).toFixed(2);
  return `${two(median)} s (${two(min)} to ${two(max)})`;
}

/** `31 ms (28 to 44)` */
export function milliseconds({ median, min, max }: Figures): string {
  return `${median.toFixed(0)} ms (${min.toFixed(0)} to ${max.toFixed(0)})`;
}

/** Prints a figure with its goal, and whether it is reached. */
export function tell({ measure, value, atMost, atLeast, unit, details }: Goal): void {
  const isReached = (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast);
  const goal = atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`;
  const shown = value >= 100 ? value.toFixed(0) : value.toFixed(2);
  console.log(`${isReached ? "pass " : "SHORT"}  ${measure}: ${shown}${unit}; goal: ${goal}`);
  if (details !== undefined) console.log(`       ${details}`);
}
