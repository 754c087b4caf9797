import { ChrootError, ConfigError, type ConfigProblem } from "../common/errors.ts";
import type { Location } from "../common/location.ts";
import { holdsUnknown, type RawConfig } from "../definition/raw-value.ts";

/** A provisioner or post-processor, as messages call it, and where it stands. */
export interface DefinitionPlace {
  readonly place: string;
  readonly location: Location;
}

/**
 * The problems that a check of options throws, each with the place put before its option. Of options that nobody knows yet
 * there are none.
 */
export function problemsOf(
  { place, location }: DefinitionPlace,
  evaluate: () => RawConfig,
  check: (options: RawConfig) => void,
): readonly ConfigProblem[] {
  let options: RawConfig = {};
  try {
    options = evaluate();
    check(options);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) {
      const isKnown = ({ option }: ConfigProblem) => !holdsUnknown(options[/^\w*/.exec(option)?.[0] ?? ""] ?? null);
      return error.problems
        .filter(isKnown)
        .map((problem) => ({ ...problem, option: `${place}: ${problem.option}`, block: location }));
    }
    if (error instanceof ChrootError)
      return [{ option: place, message: error.message, hint: error.hint, block: location }];
    throw error;
  }
}
