import { Builder, type BuilderOptions } from "../builder/builder.ts";
import { ConfigError, type ConfigProblem } from "../common/errors.ts";
import type { OnError } from "../config/build-config.ts";
import { withoutUnknown } from "../config/known-problems.ts";
import type { PreparedConfig } from "../config/prepare-config.ts";
import type { BuildDefinition } from "../definition/build-definition.ts";
import { holdsUnknown, type RawConfig } from "../definition/raw-value.ts";
import { checkPostProcessors, keepsArtifact } from "../post-processors/check-post-processors.ts";
import { checkConnectionValues } from "../provisioners/check-connection.ts";
import { checkProvisioners, provisionerWarnings } from "../provisioners/check-provisioners.ts";
import type { BuildIdentity } from "../provisioners/provisioner.ts";
import { BUILDER_TYPE } from "./builder-type.ts";
import { findSharedNames } from "./published-names.ts";

/** What is asked of every build of a template. */
export interface BuildSettings {
  /** Pauses after each step and before each provisioner. */
  readonly debug?: boolean | undefined;
  /** Replaces OMIs that have the same name. */
  readonly force?: boolean | undefined;
  /** What a failed build does; `cleanup` by default. */
  readonly onError?: OnError | undefined;
  /** Boots the finished volume before it is published: as if the template had an empty `boot_test` block. */
  readonly bootTest?: boolean | undefined;
  /** Wins over the templates' `skip_unchanged`. */
  readonly skipUnchanged?: boolean | undefined;
  /** Wins over the templates' `skip_unchanged_max_age`: `30d`. */
  readonly maxAge?: string | undefined;
}

export interface PrepareBuildsOptions extends BuildSettings {
  readonly builder: BuilderOptions;
  /** The builds run on another machine: what their provisioners miss on this one is no problem. */
  readonly isElsewhere?: boolean;
  /** Wins over the template's options: the local cloud's. */
  readonly override?: RawConfig;
}

/** A build that can run. */
export interface PreparedBuild {
  readonly definition: BuildDefinition;
  readonly builder: Pick<Builder, "run">;
  readonly prepared: PreparedConfig;
  readonly identity: BuildIdentity;
}

/** What can be said of builds whose data sources have not been read. */
export interface CheckedBuilds {
  /** Those of which everything is known that has to be. */
  readonly prepared: readonly PreparedBuild[];
  /** Options of the others, which could not be judged: `tags`. */
  readonly unknownOptions: readonly string[];
}

/**
 * Checks every build with its provisioners and post-processors; nothing is created yet.
 * @throws {ConfigError} with every problem of every build, each with its place in the template
 */
export function prepareBuilds(
  builds: readonly BuildDefinition[],
  options: PrepareBuildsOptions,
): readonly PreparedBuild[] {
  const prepared = settle(
    builds.map((definition) => prepareBuild(definition, options)),
    options,
  );
  refuseConnectionValues(prepared);
  return prepared;
}

/** @throws {ConfigError} when a provisioner or a post-processor asks for the connection that no build has */
export function refuseConnectionValues(builds: readonly PreparedBuild[]): void {
  const problems = builds.flatMap(({ definition, identity }) => checkConnectionValues(definition, identity));
  if (problems.length > 0) throw new ConfigError(problems);
}

/**
 * The same for builds with options that come from data sources that have not been read: these are not judged.
 * @throws {ConfigError} with every problem of what is known
 */
export function checkBuilds(builds: readonly BuildDefinition[], options: PrepareBuildsOptions): CheckedBuilds {
  const attempts = builds.map((definition) => prepareBuild(definition, options, unknownOptionsOf(definition)));
  const unjudged = builds.filter((_, index) => attempts[index]?.prepared === undefined);
  return {
    prepared: settle(attempts, options),
    unknownOptions: [...new Set(unjudged.flatMap((definition) => [...unknownOptionsOf(definition)]))],
  };
}

interface Attempt {
  /** Undefined when something is wrong with the build, or not known. */
  readonly prepared: PreparedBuild | undefined;
  readonly problems: readonly ConfigProblem[];
}

function settle(attempts: readonly Attempt[], { builder }: PrepareBuildsOptions): readonly PreparedBuild[] {
  const prepared = attempts.flatMap((attempt) => attempt.prepared ?? []);
  const shared = [...findSharedNames(prepared, builder.env ?? process.env)];
  const problems = [
    ...attempts.flatMap((attempt) => attempt.problems),
    ...shared.map(([definition, problem]) => located(problem, definition)),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return prepared;
}

/** The options of which something comes from data sources that have not been read. */
export function unknownOptionsOf({ config }: BuildDefinition): ReadonlySet<string> {
  return new Set(Object.keys(config).filter((name) => holdsUnknown(config[name] ?? null)));
}

/** @param unknown Options of which nothing can be said yet */
function prepareBuild(
  definition: BuildDefinition,
  options: PrepareBuildsOptions,
  unknown: ReadonlySet<string> = new Set(),
): Attempt {
  if (definition.type !== BUILDER_TYPE) {
    const message = `"${definition.type}" is not built here, only "${BUILDER_TYPE}"`;
    const hint = `leave it to Packer: -except=${definition.name}`;
    return { prepared: undefined, problems: [{ option: definition.name, message, hint }] };
  }
  const { templatePath, now, env: environment = process.env } = options.builder;
  const { sourceName: buildName, type: buildType, userVariables } = definition;
  const identity = { buildName, buildType, templatePath, userVariables, environment, now };
  const problems: ConfigProblem[] = [
    ...checkProvisioners(definition, identity).filter(({ isOfMachine }) => !(isOfMachine && options.isElsewhere)),
    ...checkPostProcessors(definition.postProcessors, identity),
  ];
  const builder = new Builder(options.builder);
  try {
    const prepared = builder.prepareRaw(definition.config, packerOptions(definition, options), options.override ?? {});
    const warnings = [...prepared.warnings, ...provisionerWarnings(definition)];
    problems.push(...checkSkipping(definition, prepared));
    return { prepared: { definition, builder, prepared: { ...prepared, warnings }, identity }, problems };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const known = withoutUnknown(error, unknown)?.problems ?? [];
    return { prepared: undefined, problems: [...problems, ...known.map((problem) => located(problem, definition))] };
  }
}

/** What is found unchanged must still be there: an OMI that no post-processor keeps is gone after its build. */
function checkSkipping(definition: BuildDefinition, { config }: PreparedConfig): readonly ConfigProblem[] {
  if (!config.skipUnchanged || keepsArtifact(definition.postProcessors)) return [];
  const message = "finds nothing here, as the post-processors do not keep the OMI";
  return [located({ option: "skip_unchanged", message, hint: "set keep_input_artifact = true there" }, definition)];
}

/** What Packer tells a builder besides the options of the template. */
function packerOptions(definition: BuildDefinition, settings: BuildSettings): RawConfig {
  const { debug = false, force = false, onError = "cleanup", bootTest = false, skipUnchanged, maxAge } = settings;
  return {
    packer_build_name: definition.sourceName,
    packer_builder_type: definition.type,
    packer_debug: debug,
    packer_force: force,
    packer_on_error: onError,
    ...(bootTest && definition.config.boot_test === undefined && { boot_test: {} }),
    ...(skipUnchanged !== undefined && { skip_unchanged: skipUnchanged }),
    ...(maxAge !== undefined && { skip_unchanged_max_age: maxAge }),
  };
}

/** The problem with the place of its option, or else the name of its build. */
export function located(problem: ConfigProblem, definition: BuildDefinition): ConfigProblem {
  const place = definition.locate(problem.option);
  if (place === undefined) return { ...problem, option: `${definition.name}: ${problem.option}` };
  return { ...problem, location: `${place.file}:${place.line}:${place.column}` };
}
