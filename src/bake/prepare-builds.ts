import { Builder, type BuilderOptions, type Prepared } from "../builder/builder.ts";
import { ConfigError, type ConfigProblem } from "../common/errors.ts";
import type { BuildDefinition } from "../definition/build-definition.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import { checkPostProcessors } from "../post-processors/check-post-processors.ts";
import { checkProvisioners } from "../provisioners/check-provisioners.ts";
import type { BuildIdentity } from "../provisioners/provisioner.ts";
import { BUILDER_TYPE } from "./builder-type.ts";

/** What the command line says about every build. */
export interface BuildSettings {
  readonly debug: boolean;
  readonly force: boolean;
  readonly onError: string;
  /** `--boot-test`: as if the template had an empty `boot_test` block. */
  readonly bootTest: boolean;
  readonly builder: BuilderOptions;
  /** Wins over the template's options: the local cloud's. */
  readonly override: RawConfig;
}

/** A build that can run. */
export interface PreparedBuild {
  readonly definition: BuildDefinition;
  readonly builder: Pick<Builder, "run">;
  readonly prepared: Prepared;
  readonly identity: BuildIdentity;
}

/**
 * Checks every build with its provisioners and post-processors; nothing is created yet.
 * @throws {ConfigError} with every problem of every build, each with its place in the template
 */
export function prepareBuilds(builds: readonly BuildDefinition[], settings: BuildSettings): PreparedBuild[] {
  const problems: ConfigProblem[] = [];
  const prepared = builds.flatMap((definition) => prepareBuild(definition, settings, problems) ?? []);
  if (problems.length > 0) throw new ConfigError(problems);
  return prepared;
}

function prepareBuild(
  definition: BuildDefinition,
  settings: BuildSettings,
  problems: ConfigProblem[],
): PreparedBuild | undefined {
  if (definition.type !== BUILDER_TYPE) {
    const message = `"${definition.type}" is not built here, only "${BUILDER_TYPE}"`;
    const hint = `leave it to Packer: -except=${definition.name}`;
    problems.push({ option: definition.name, message, hint });
    return undefined;
  }
  const { templatePath, env: environment = process.env } = settings.builder;
  const { sourceName: buildName, type: buildType, userVariables } = definition;
  const identity = { buildName, buildType, templatePath, userVariables, environment };
  problems.push(
    ...checkProvisioners(definition, identity),
    ...checkPostProcessors(definition.postProcessors, identity),
  );
  const builder = new Builder(settings.builder);
  try {
    const prepared = builder.prepare(definition.config, packerOptions(definition, settings), settings.override);
    return { definition, builder, prepared, identity };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems.map((problem) => located(problem, definition)));
    return undefined;
  }
}

/** What Packer tells a builder besides the options of the template. */
function packerOptions(definition: BuildDefinition, settings: BuildSettings): RawConfig {
  return {
    packer_build_name: definition.sourceName,
    packer_builder_type: definition.type,
    packer_debug: settings.debug,
    packer_force: settings.force,
    packer_on_error: settings.onError,
    ...(settings.bootTest && definition.config.boot_test === undefined && { boot_test: {} }),
  };
}

/** The problem with the place of its option, or else the name of its build. */
export function located(problem: ConfigProblem, definition: BuildDefinition): ConfigProblem {
  const place = definition.locate(problem.option);
  if (place === undefined) return { ...problem, option: `${definition.name}: ${problem.option}` };
  return { ...problem, location: `${place.file}:${place.line}:${place.column}` };
}
