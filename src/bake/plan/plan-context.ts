import { sourceValues } from "../../builder/render-late.ts";
import type { SourceOmi } from "../../builder/steps/check-root-device.ts";
import type { BuildConfig } from "../../config/build-config.ts";
import type { BuildDefinition } from "../../definition/build-definition.ts";
import type { RenderContext } from "../../go-template/context.ts";
import { references } from "../../go-template/references.ts";
import { renderOnce } from "../../go-template/render.ts";
import type { ActionName, RequestOf } from "../../outscale/oapi.ts";
import type { AccountFacts } from "../account-facts.ts";
import type { PreparedBuild } from "../prepare-builds.ts";
import type { SinceLast } from "../unchanged/since-last.ts";
import { placeholderSource } from "./placeholder-source.ts";
import type { PlannedRequest } from "./plan.ts";
import { toPlanData } from "./plan-data.ts";

export interface MakePlanInput {
  readonly build: PreparedBuild;
  readonly region: string;
  /** Undefined: the account is not asked. */
  readonly facts: AccountFacts | undefined;
  /** With `skip_unchanged`, where this machine has a record to compare with. */
  readonly since?: SinceLast | undefined;
}

/** What the steps of a plan share. */
export interface PlanContext {
  /** The configuration as it may be shown: what is sensitive is hidden in it. */
  readonly config: BuildConfig;
  readonly definition: BuildDefinition;
  readonly identity: PreparedBuild["identity"];
  readonly facts: AccountFacts | undefined;
  readonly since: SinceLast | undefined;
  /** The source OMI, or what stands in for it; undefined from scratch. */
  readonly source: SourceOmi | undefined;
  /** An option that is rendered late: with its values if they are known, else as it is written. */
  late(text: string): string;
  request<A extends ActionName>(action: A, request: RequestOf<A>): PlannedRequest;
}

export function planContext({ build, region, facts, since }: MakePlanInput): PlanContext {
  const { definition, identity, prepared } = build;
  const { renderContext } = prepared;
  const config = prepared.show(definition.sensitiveOptions);
  const known = knownValues(config, region, facts);
  return {
    config,
    definition,
    identity,
    facts,
    since,
    source: config.fromScratch ? undefined : (facts?.source ?? placeholderSource(config)),
    late: (template) => renderKnown(template, renderContext, known),
    request: (action, request) => ({ action, request: toPlanData(request) }),
  };
}

type LateValues = NonNullable<RenderContext["data"]>;

function knownValues(config: BuildConfig, region: string, facts: AccountFacts | undefined): LateValues {
  if (facts !== undefined || config.fromScratch) return sourceValues(region, facts?.source?.image);
  return { BuildRegion: region, ...(config.sourceOmi !== undefined && { SourceOMI: config.sourceOmi }) };
}

/** The text, rendered if every value that it uses is known. */
export function renderKnown(text: string, context: RenderContext, known: LateValues): string {
  const { fields } = references(text, context);
  return fields.every((field) => known[field] !== undefined) ? renderOnce(text, { ...context, data: known }) : text;
}
