import { readAccountFacts } from "../../bake/account-facts.ts";
import { loadBuilds, loadOptions } from "../../bake/load-builds.ts";
import { located, type PreparedBuild, prepareBuilds } from "../../bake/prepare-builds.ts";
import { dataReader } from "../../bake/read-data-source.ts";
import { withoutUnknown } from "../../bake/unread-data.ts";
import { ConfigError, type ConfigProblem, ExitCode } from "../../common/errors.ts";
import type { DebugLog } from "../../common/log.ts";
import type { BuildDefinition } from "../../definition/build-definition.ts";
import { inspectTemplate } from "../../template/inspect-template.ts";
import { openDebugLog } from "../../terminal/debug-log.ts";
import { templateArgument } from "../build-flags.ts";
import type { Command } from "../command.ts";
import { type Flags, type FlagValues, parseFlags } from "../flags.ts";
import { validationJson } from "../output/diagnostics-json.ts";
import { templateFlags } from "../template-flags.ts";

const { "warn-on-undeclared-var": _, ...readingFlags } = templateFlags;

const flagSpecs = {
  ...readingFlags,
  "warn-undeclared-var": {
    type: "boolean",
    about:
      "warns of values in files for variables that are not declared, which is the default; -no-warn-undeclared-var does not",
  },
  "syntax-only": { type: "boolean", about: "reads the template, but needs no variables and checks no options" },
  "evaluate-datasources": { type: "boolean", about: "reads data sources from the account, and checks what they give" },
  "check-account": {
    type: "boolean",
    about: "looks into the account as a build would: credentials, source OMI, whether the name is free",
  },
  json: { type: "boolean", about: "prints every problem with its place, as JSON" },
  log: { type: "string", value: "FILE", about: "writes API calls there" },
} as const satisfies Flags;

type ValidateFlags = FlagValues<typeof flagSpecs>;

interface ValidateInput {
  readonly path: string;
  readonly flags: ValidateFlags;
  readonly env: NodeJS.ProcessEnv;
  readonly log: DebugLog;
}

export const validate: Command = {
  usage: "validate [flags] TEMPLATE",
  about:
    "Checks a template and the options of its builds, without building anything. Without -evaluate-datasources and\n" +
    "-check-account it needs no network.",
  flags: flagSpecs,
  examples: [
    "outscale-chroot validate -var omi_name=web web.pkr.hcl",
    "outscale-chroot validate -check-account -json web.pkr.hcl",
  ],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    const path = templateArgument(positionals);
    using log = openDebugLog(flags.log, io);
    try {
      const warnings = await check({ path, flags, env: io.env, log });
      if (flags.json) io.stdout.write(validationJson(warnings));
      else io.stdout.write(`The ${flags["syntax-only"] ? "syntax of the template" : "configuration"} is valid.\n`);
      if (!flags.json) for (const warning of warnings) io.stderr.write(`Warning: ${warning}\n`);
      return ExitCode.Success;
    } catch (error) {
      if (flags.json) io.stdout.write(validationJson([], error));
      throw error;
    }
  },
};

/** @returns the warnings @throws {ChrootError} with what is wrong */
async function check({ path, flags, env, log }: ValidateInput): Promise<readonly string[]> {
  const reading = { ...flags, "warn-on-undeclared-var": flags["warn-undeclared-var"] ?? true };
  if (flags["syntax-only"]) {
    await inspectTemplate(loadOptions(path, reading, env));
    return [];
  }
  const readData = flags["evaluate-datasources"] || flags["check-account"] ? dataReader({ env, log }) : undefined;
  const { builds, warnings } = await loadBuilds(path, reading, env, readData);
  const { prepared, unknownOptions } = prepareKnown(builds, { path, env });
  if (flags["check-account"]) await checkAccount(prepared, { env, log });
  const unchecked = unknownOptions.map((name) => {
    return `${name} comes from a data source, and was not checked: -evaluate-datasources reads it`;
  });
  const fromBuilds = prepared.flatMap(({ definition, prepared: { warnings } }) => {
    return warnings.map((text) => `${definition.name}: ${text}`);
  });
  return [...warnings, ...fromBuilds, ...unchecked];
}

/** Checks the builds; what data sources that were not read would give is left out. */
function prepareKnown(
  builds: readonly BuildDefinition[],
  { path, env }: { readonly path: string; readonly env: NodeJS.ProcessEnv },
): { readonly prepared: readonly PreparedBuild[]; readonly unknownOptions: readonly string[] } {
  const settings = { debug: false, force: false, onError: "cleanup", bootTest: false, override: {} };
  try {
    return {
      prepared: prepareBuilds(builds, { ...settings, builder: { env, templatePath: path } }),
      unknownOptions: [],
    };
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    const { error, unknownOptions } = withoutUnknown(thrown, builds);
    if (error !== undefined) throw error;
    return { prepared: [], unknownOptions };
  }
}

/** Asks the account about every build. @throws {ConfigError} with what it says against any of them */
async function checkAccount(
  prepared: readonly PreparedBuild[],
  options: { readonly env: NodeJS.ProcessEnv; readonly log: DebugLog },
): Promise<void> {
  const problems: ConfigProblem[] = [];
  for (const { definition, prepared: build } of prepared) {
    try {
      await readAccountFacts(build, options);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(
        ...error.problems.map((problem) => located({ ...problem, hint: problem.hint ?? error.hint }, definition)),
      );
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
}
