import { ConfigError } from "../../common/errors.ts";
import { type DebugLog, noLog } from "../../common/log.ts";
import { withoutUnknown } from "../../config/known-problems.ts";
import { resolveRegion } from "../../outscale/credentials.ts";
import { maskEnvironment } from "../../outscale/mask-environment.ts";
import type { OnNotice } from "../../outscale/tell-notices.ts";
import { readAccountFacts } from "../account-facts.ts";
import { loadBuilds } from "../load-builds.ts";
import { type BuildSettings, checkBuilds, refuseConnectionValues, unknownOptionsOf } from "../prepare-builds.ts";
import { dataReader } from "../read-data-source.ts";
import type { TemplateInput } from "../template-input.ts";
import { comparableBuilds, readOnce } from "../unchanged/comparable-builds.ts";
import { sinceLast } from "../unchanged/since-last.ts";
import { makePlan } from "./make-plan.ts";
import type { Plan } from "./plan.ts";
import type { MakePlanInput } from "./plan-context.ts";

export interface PlanInput extends TemplateInput, Pick<BuildSettings, "force" | "bootTest" | "skipUnchanged"> {
  /** Looks into the account: data sources, source OMI, name, copy. Changes nothing. */
  readonly online?: boolean | undefined;
  /** API calls. */
  readonly log?: DebugLog | undefined;
  /** Told of every call of the API that is tried again: `ReadImages: retrying 4 of 8 in 2.1 s: connection refused`. */
  readonly onRetry?: ((message: string) => void) | undefined;
  /** Told what the user should know of how credentials were found: deprecated variables, settings without effect. */
  readonly onNotice?: OnNotice | undefined;
}

export interface Plans {
  /** One for each build, in the order of the template. */
  readonly plans: readonly Plan[];
  /** What the template is warned of; the warnings of a build are in its plan. */
  readonly warnings: readonly string[];
}

/**
 * Tells what a build would do, step by step, as `outscale-chroot plan` does. Touches nothing, and needs neither root nor,
 * unless it is `online`, the network.
 * @throws {TemplateError} with every problem of the template
 * @throws {ConfigError} with every problem of its builds, and when one cannot be planned before its data sources are read
 * @throws {UsageError} when there is no build to plan
 */
export async function plan(input: PlanInput): Promise<Plans> {
  const { online = false, env = process.env, log = noLog, onRetry, onNotice } = input;
  maskEnvironment(env);
  const readData = online ? readOnce(dataReader({ env, log, onRetry, onNotice })) : undefined;
  const { builds, warnings } = await loadBuilds(input, readData);
  const settings = { ...input, builder: { env, log, templatePath: input.template } };
  const { prepared, unknownOptions } = checkBuilds(builds, settings);
  if (unknownOptions.length > 0) throw new ConfigError(unknownOptions.map(isUnread));
  refuseConnectionValues(prepared);
  const maySkip = prepared.some((build) => build.prepared.config.skipUnchanged);
  const comparable = maySkip ? await comparableBuilds(input, { ...settings, readData, own: (all) => all }) : undefined;
  const plans: Plan[] = [];
  for (const build of prepared) {
    const facts = online ? await readAccountFacts(build.prepared, { env, log, onRetry, onNotice }) : undefined;
    const region = facts?.region ?? resolveRegion(build.prepared.config, env);
    const same = comparable?.get(build.definition.name);
    const asked = same?.prepared.config.skipUnchanged ? same : undefined;
    const since = asked && (await sinceLast(asked, { template: input.template, region, facts }));
    plans.push(planOne({ build, region, facts, since }));
  }
  return { plans, warnings };
}

/** @throws {ConfigError} when the build could not make its requests */
function planOne(input: MakePlanInput): Plan {
  try {
    return makePlan(input);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const unknown = unknownOptionsOf(input.build.definition);
    throw withoutUnknown(error, unknown) ?? new ConfigError([...unknown].map(isUnread));
  }
}

function isUnread(option: string) {
  return { option, message: "comes from a data source", hint: "plan -online reads it" };
}
