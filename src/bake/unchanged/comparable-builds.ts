import type { BuildDefinition } from "../../definition/build-definition.ts";
import type { LoadOptions } from "../../template/load-template.ts";
import { loadBuilds } from "../load-builds.ts";
import { type PrepareBuildsOptions, type PreparedBuild, prepareBuilds } from "../prepare-builds.ts";
import type { TemplateInput } from "../template-input.ts";

type ReadData = NonNullable<LoadOptions["readData"]>;

interface ComparableOptions extends PrepareBuildsOptions {
  /** What was read for the builds that are run is not read again. */
  readonly readData: ReadData | undefined;
  /** What of the builds is done here. */
  readonly own: (builds: readonly BuildDefinition[]) => readonly BuildDefinition[];
}

/**
 * The template's builds as they are in every run: what `timestamp()`, `uuidv4()` and their like give is always the same, so
 * that a name with the time in it does not look like a change. They are for comparing; none of them is run.
 * @returns by the names of the builds
 */
export async function comparableBuilds(
  input: TemplateInput,
  options: ComparableOptions,
): Promise<ReadonlyMap<string, PreparedBuild>> {
  const { builds } = await loadBuilds(input, options.readData, { sameInEveryRun: true });
  return new Map(prepareBuilds(options.own(builds), options).map((build) => [build.definition.name, build]));
}

/** Reads each data source once: two looks at a template are to see the same. */
export function readOnce(readData: ReadData): ReadData {
  const answers = new Map<string, ReturnType<ReadData>>();
  return (type, config) => {
    const key = JSON.stringify([type, config]);
    const answer = answers.get(key) ?? readData(type, config);
    answers.set(key, answer);
    return answer;
  };
}
