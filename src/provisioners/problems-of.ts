import { ChrootError, ConfigError, type ConfigProblem } from "../common/errors.ts";

/** The problems that a check throws, each with the place put before its option. */
export function problemsOf(place: string, check: () => void): readonly ConfigProblem[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.problems.map((problem) => ({ ...problem, option: `${place}: ${problem.option}` }));
    }
    if (error instanceof ChrootError) return [{ option: place, message: error.message, hint: error.hint }];
    throw error;
  }
}
