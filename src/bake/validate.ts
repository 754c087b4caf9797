import { ConfigError, type ConfigProblem } from "../common/errors.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import { maskEnvironment } from "../outscale/mask-environment.ts";
import type { OnNotice } from "../outscale/tell-notices.ts";
import { inspectTemplate } from "../template/inspect-template.ts";
import { TemplateError } from "../template/load-template.ts";
import { readAccountFacts } from "./account-facts.ts";
import { loadBuilds, loadOptions } from "./load-builds.ts";
import type { AccountOptions } from "./open-account.ts";
import { checkBuilds, located, type PreparedBuild } from "./prepare-builds.ts";
import { dataReader } from "./read-data-source.ts";
import type { TemplateInput } from "./template-input.ts";

export interface ValidateInput extends TemplateInput {
  /** Reads the template, but needs no variables and checks no options. */
  readonly syntaxOnly?: boolean | undefined;
  /** Reads data sources from the account, and checks what they give. */
  readonly readDataSources?: boolean | undefined;
  /** Looks into the account as a build would: credentials, source OMI, whether the name is free. Reads data sources, too. */
  readonly checkAccount?: boolean | undefined;
  /** API calls. */
  readonly log?: DebugLog | undefined;
  /** Told of every call of the API that is tried again: `ReadImages: retrying 4 of 8 in 2.1 s: connection refused`. */
  readonly onRetry?: ((message: string) => void) | undefined;
  /** Told what the user should know of how credentials were found: deprecated variables, settings without effect. */
  readonly onNotice?: OnNotice | undefined;
}

/** A template that may be built, as far as it was checked. */
export interface Validation {
  readonly warnings: readonly string[];
  /** Options that come from data sources, which were not read, and so were not judged. */
  readonly uncheckedOptions: readonly string[];
}

/**
 * Checks a template and the options of its builds, as `outscale-chroot validate` does. Nothing is built, and without
 * `readDataSources` and `checkAccount` no network is needed.
 * @throws {TemplateError} with every problem of the template
 * @throws {ConfigError} with every problem of its builds
 * @throws {UsageError} when there is no build to check
 */
export async function validate(input: ValidateInput): Promise<Validation> {
  const { env = process.env, log = noLog, onRetry, onNotice } = input;
  maskEnvironment(env);
  if (input.syntaxOnly) {
    const { problems } = await inspectTemplate(loadOptions(input));
    if (problems.length > 0) throw new TemplateError(problems);
    return { warnings: [], uncheckedOptions: [] };
  }
  const readsData = input.readDataSources || input.checkAccount;
  const { builds, warnings } = await loadBuilds(
    input,
    readsData ? dataReader({ env, log, onRetry, onNotice }) : undefined,
  );
  const { prepared, unknownOptions } = checkBuilds(builds, { builder: { env, templatePath: input.template } });
  if (input.checkAccount) await checkAccount(prepared, { env, log, onRetry, onNotice });
  return { warnings: [...warnings, ...prepared.flatMap(warningsOf)], uncheckedOptions: unknownOptions };
}

function warningsOf({ definition, prepared: { warnings } }: PreparedBuild): readonly string[] {
  return warnings.map((text) => `${definition.name}: ${text}`);
}

/** Asks the account about every build. @throws {ConfigError} with what it says against any of them */
async function checkAccount(prepared: readonly PreparedBuild[], options: AccountOptions): Promise<void> {
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
