import { ConfigError } from "../common/errors.ts";

/**
 * What is left of a refusal when nobody knows the values of some options yet, as their data sources have not been read:
 * nothing can be said against those.
 * @param unknown Names of options, without a path
 */
export function withoutUnknown(error: ConfigError, unknown: ReadonlySet<string>): ConfigError | undefined {
  const known = error.problems.filter(({ option }) => !unknown.has(option.split(/[.[]/)[0] ?? ""));
  if (known.length === 0) return undefined;
  return known.length === error.problems.length ? error : new ConfigError(known, error);
}
