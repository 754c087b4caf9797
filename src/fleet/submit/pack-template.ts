import { ConfigError, type ConfigProblem } from "../../common/errors.ts";
import type { BuildDefinition } from "../../definition/build-definition.ts";
import { holdsUnknown } from "../../definition/raw-value.ts";
import { describePlace } from "../../provisioners/describe-place.ts";
import { placeholderData } from "../../provisioners/late-values.ts";
import { namedFiles } from "../../provisioners/local-files.ts";
import type { BuildIdentity } from "../../provisioners/provisioner.ts";
import { collectFiles, type WantedPath } from "../bundle/collect-files.ts";
import { type Bundle, type PackOptions, packBundle } from "../bundle/pack-bundle.ts";

export interface PackTemplateInput extends PackOptions {
  readonly templateFiles: readonly string[];
  readonly variableFiles: readonly string[];
  /** What functions of the template have looked for; absolute. */
  readonly lookedFor: readonly string[];
  /** What somebody wants to travel with it, as only a script knows of it. */
  readonly included: readonly string[];
  readonly builds: readonly BuildDefinition[];
  readonly identityOf: (build: BuildDefinition) => BuildIdentity;
}

/**
 * Packs a template with everything that it refers to.
 * @throws {ConfigError} with every file that is missing, and everything that cannot be done on another machine
 * @throws {UsageError} when it is too much
 */
export async function packTemplate(input: PackTemplateInput): Promise<{
  readonly bundle: Bundle;
  readonly warnings: readonly string[];
}> {
  const problems: ConfigProblem[] = input.builds.flatMap(checkPostProcessors);
  const wanted = [
    ...[...input.templateFiles, ...input.variableFiles].map((path) =>
      wantedPath(path, false, problems, { option: "template" }),
    ),
    ...input.lookedFor.map((path) => wantedPath(path, true, problems, { option: "template" })),
    ...input.included.map((path) => wantedPath(path, false, problems, { option: "-include" })),
    ...input.builds.flatMap((build) => wantedByProvisioners(build, input.identityOf(build), problems)),
  ];
  const { found, warnings } = collectFiles(wanted, process.cwd());
  if (problems.length > 0) throw new ConfigError(withoutRepeats(problems));
  return { bundle: await packBundle(found, input), warnings };
}

function wantedPath(
  path: string,
  isOptional: boolean,
  problems: ConfigProblem[],
  about: { option: string },
): WantedPath {
  return { path, use: "read", isOptional, refuse: (message) => void problems.push({ ...about, message }) };
}

function wantedByProvisioners(
  build: BuildDefinition,
  identity: BuildIdentity,
  problems: ConfigProblem[],
): WantedPath[] {
  return namedFiles(build, identity).flatMap(({ provisioner, option, path, use, isOptional }) => {
    const { file, line, column } = provisioner.location;
    const about = {
      option: `${describePlace("provisioner", provisioner)}: ${option}`,
      location: `${file}:${line}:${column}`,
    };
    const refuse = (message: string) => void problems.push({ ...about, message });
    if (use !== "write") return [{ path, use, isOptional, refuse }];
    const hint = "run this build on the machine itself, or let a script send the file where it belongs";
    problems.push({ ...about, message: `"${path}" would be written on the worker, and removed with the build`, hint });
    return [];
  });
}

/** Post-processors run here, where nobody reads data sources. */
function checkPostProcessors({ postProcessors }: BuildDefinition): ConfigProblem[] {
  return postProcessors.flat().flatMap((definition) => {
    const unknown = Object.entries(definition.evaluate(placeholderData)).filter(([, value]) => holdsUnknown(value));
    return unknown.map(([option]) => ({
      option: `${describePlace("post-processor", definition)}: ${option}`,
      message: "comes from a data source, which the worker reads; post-processors run on this machine",
      location: `${definition.location.file}:${definition.location.line}:${definition.location.column}`,
    }));
  });
}

/** Two builds may have one provisioner. */
function withoutRepeats(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
