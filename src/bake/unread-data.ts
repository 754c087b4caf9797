import { ConfigError } from "../common/errors.ts";
import type { BuildDefinition } from "../definition/build-definition.ts";
import { holdsUnknown } from "../definition/raw-value.ts";

/** What is left of a check when some options come from data sources that were not read. */
export interface KnownProblems {
  /** Undefined when nothing is wrong with what is known. */
  readonly error: ConfigError | undefined;
  /** The options that could not be judged. */
  readonly unknownOptions: readonly string[];
}

/** Leaves out the problems of options whose values nobody knows before data sources are read. */
export function withoutUnknown({ problems }: ConfigError, builds: readonly BuildDefinition[]): KnownProblems {
  const unknown = new Set(
    builds.flatMap(({ config }) => Object.keys(config).filter((name) => holdsUnknown(config[name] ?? null))),
  );
  const known = problems.filter(({ option }) => !unknown.has(topOption(option)));
  return { error: known.length > 0 ? new ConfigError(known) : undefined, unknownOptions: [...unknown] };
}

/** `tags` of `outscale-chroot.web: tags.Name`. */
function topOption(path: string): string {
  return /(?:^|: )(\w+)[^:]*$/.exec(path)?.[1] ?? path;
}
