import type { ConfigProblem } from "../common/errors.ts";
import type { PreparedConfig } from "../config/prepare-config.ts";
import type { BuildDefinition } from "../definition/build-definition.ts";
import { references } from "../go-template/references.ts";
import { resolveRegion } from "../outscale/credentials.ts";

/** A build and what it is to publish. */
interface Publisher {
  readonly definition: BuildDefinition;
  readonly prepared: Pick<PreparedConfig, "config" | "renderContext">;
}

/**
 * Finds builds of one command that would publish one name in one account: the later one would fail after all its work, or
 * with `force_deregister` delete the OMI of the other.
 * @returns The problem with each but the first of them, by the build
 */
export function findSharedNames(
  builds: readonly Publisher[],
  env: NodeJS.ProcessEnv,
): ReadonlyMap<BuildDefinition, ConfigProblem> {
  const publishers = builds.filter((build) => !build.prepared.config.skipCreateOmi);
  const problems = new Map<BuildDefinition, ConfigProblem>();
  for (const [index, build] of publishers.entries()) {
    const other = publishers.slice(0, index).find((earlier) => isSameName(earlier, build, env));
    if (other) problems.set(build.definition, sharedName(other.definition));
  }
  return problems;
}

function sharedName(other: BuildDefinition): ConfigProblem {
  return {
    option: "omi_name",
    message: `is the same as that of the build "${other.name}": only one of them can publish it in this account`,
    hint: "make it differ by build, as with ${source.name} or {{build_name}}, or build one of them with -only",
  };
}

function isSameName(a: Publisher, b: Publisher, env: NodeJS.ProcessEnv): boolean {
  return publishedName(a.prepared) === publishedName(b.prepared) && isSameRegion(a, b, env);
}

/** The name, and whose it is, as far as options tell; a name that waits for the source OMI is the same for the same source. */
function publishedName({ config, renderContext }: Publisher["prepared"]): string {
  const { accessKey, profile, customEndpointOapi, omiName, sourceOmi, sourceFilter } = config;
  const isLate = references(omiName, renderContext).fields.length > 0;
  const source = isLate ? [sourceOmi, sourceFilter] : [];
  return JSON.stringify([accessKey, profile, customEndpointOapi, omiName, ...source]);
}

/** Where only one of them says it, the region is looked up, in a file perhaps. */
function isSameRegion(a: Publisher, b: Publisher, env: NodeJS.ProcessEnv): boolean {
  const [first, second] = [a.prepared.config, b.prepared.config];
  return first.region === second.region || resolveRegion(first, env) === resolveRegion(second, env);
}
