import { UsageError } from "../common/errors.ts";
import type { BuildDefinition } from "../template/definition.ts";

export interface Selection {
  /** Globs of builds' names; all builds when empty. */
  readonly only: readonly string[];
  /** Globs of names of builds and post-processors. */
  readonly except: readonly string[];
}

/** A build of the template that runs, with the post-processors that are left of it. */
export interface SelectedBuild {
  readonly definition: BuildDefinition;
  readonly postProcessors: BuildDefinition["postProcessors"];
}

/**
 * The builds that `-only` and `-except` leave, without the post-processors that `-except` names.
 * @throws {UsageError} when none is left
 */
export function selectBuilds(builds: readonly BuildDefinition[], { only, except }: Selection): SelectedBuild[] {
  const isOnly = matcher(only);
  const isExcept = matcher(except);
  const selected = builds.filter(({ name }) => (only.length === 0 || isOnly(name)) && !isExcept(name));
  if (selected.length === 0) {
    const names = builds.map(({ name }) => name).join(", ");
    const hint = builds.length === 0 ? "The template has no build block with a source" : `There are: ${names}`;
    throw new UsageError("There is no build to run", { hint });
  }
  return selected.map((definition) => ({
    definition,
    postProcessors: definition.postProcessors
      .map((chain) => chain.filter(({ name }) => !isExcept(name)))
      .filter((chain) => chain.length > 0),
  }));
}

function matcher(globs: readonly string[]): (name: string) => boolean {
  const patterns = globs.map(globPattern);
  return (name) => patterns.some((pattern) => pattern.test(name));
}

/** `*` is any text and `?` any character. */
function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}
