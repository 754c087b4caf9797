import { secrets } from "../../common/secrets.ts";
import { keepsArtifact } from "../../post-processors/check-post-processors.ts";
import { AS_IN_SOURCE } from "./placeholder-source.ts";
import type { Plan, PlannedResource } from "./plan.ts";
import { type MakePlanInput, type PlanContext, planContext } from "./plan-context.ts";
import { planComponent, planInside } from "./plan-inside.ts";
import { planProduct } from "./plan-product.ts";
import { regionResources } from "./plan-regions.ts";
import { planSource, volumeRequest } from "./plan-source.ts";

/**
 * What a build would do, made with the rules of the build itself. Nothing is read: what the account says is in the input.
 * @throws {ConfigError} when the build could not make its requests
 */
export function makePlan(input: MakePlanInput): Plan {
  const context = planContext(input);
  const { definition, prepared } = input.build;
  return {
    build: definition.name,
    region: input.region,
    accountId: input.facts?.accountId,
    since: input.since,
    steps: [...planSource(context), ...planInside(context), ...planProduct(context)],
    resources: planResources(context),
    postProcessors: definition.postProcessors.map((chain) => chain.map((item) => planComponent(context, item))),
    toBeRead: whatToRead(context),
    warnings: prepared.warnings.map((text) => secrets.mask(text)),
  };
}

function planResources(context: PlanContext): readonly PlannedResource[] {
  const { config, facts } = context;
  const { Size = Number.NaN, VolumeType = AS_IN_SOURCE } = volumeRequest(context);
  const what = `${Number.isNaN(Size) ? AS_IN_SOURCE : `${Size} GiB`}, ${VolumeType}`;
  const isCopied = !config.fromScratch && (facts?.needsCopy ?? true);
  const copy: PlannedResource = {
    kind: "OMI copy",
    what: facts ? "of the source OMI" : "of the source OMI, if its snapshots may not be used",
    fate: "deleted when the volume is there",
  };
  const isKept = keepsArtifact(context.definition.postProcessors);
  const fate = isKept ? "stays" : "deleted when the post-processors are through: keep_input_artifact";
  const product: readonly PlannedResource[] = [
    { kind: "snapshot", what: "of the volume", fate },
    { kind: "OMI", what: context.late(config.omiName), fate },
  ];
  return [
    ...(isCopied ? [copy] : []),
    { kind: "volume", what, fate: "deleted at the end" },
    { kind: "link", what: "of the volume to this VM", fate: "unlinked before the snapshot" },
    ...(config.skipCreateOmi ? [] : product),
    ...regionResources(context, fate),
  ];
}

/** Everything that a plan without the account has to leave open. */
function whatToRead({ config, facts }: PlanContext): readonly string[] {
  if (facts !== undefined) return [];
  const source = "the source OMI: which one it is, its size and type, its boot modes and other volumes";
  const others = `whether bucket and accounts can be used for the copies in ${config.targetRegions.join(", ")}`;
  const copy = "whether it has to be copied into the account";
  return [
    "whether the credentials are good",
    ...(config.fromScratch ? [] : [source, copy]),
    ...(config.skipCreateOmi ? [] : ["whether the OMI's name is free"]),
    ...(config.skipCreateOmi || config.targetRegions.length === 0 ? [] : [others]),
  ];
}
