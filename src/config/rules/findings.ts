import type { ConfigProblem } from "../../common/errors.ts";

/** Collects what is wrong with a configuration, so that all of it is told at once. */
export class Findings {
  readonly problems: ConfigProblem[];
  readonly warnings: string[] = [];
  readonly #faulty: ReadonlySet<string>;

  /** @param first What the options' own checks found: rules say nothing more about those options */
  constructor(first: readonly ConfigProblem[]) {
    this.problems = [...first];
    this.#faulty = new Set(first.map((problem) => topOption(problem.option)));
  }

  problem(option: string, message: string, hint?: string): void {
    if (!this.#faulty.has(topOption(option))) this.problems.push({ option, message, hint });
  }

  warning(message: string): void {
    this.warnings.push(message);
  }
}

function topOption(path: string): string {
  return /^[^.[]*/.exec(path)?.[0] ?? path;
}
