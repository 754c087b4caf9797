import { createImageRequest, type OmiParts } from "../../builder/steps/create-omi.ts";
import { HIDDEN } from "../../common/secrets.ts";
import { AS_IN_SOURCE } from "./placeholder-source.ts";
import { type PlannedStep, planned } from "./plan.ts";
import type { PlanContext } from "./plan-context.ts";
import { planRegionCopy } from "./plan-regions.ts";
import { describeTags, volumeRequest } from "./plan-source.ts";

/** From the unlinked volume to the published OMI. */
export function planProduct(context: PlanContext): readonly PlannedStep[] {
  const { config, facts } = context;
  if (config.skipCreateOmi) return [];
  const register = planRegistration(context);
  const snapshot = planSnapshot(context);
  const isFree = facts !== undefined && facts.sameName === undefined;
  const copies = planRegionCopy(context);
  if (isFree || !config.forceDeregister) return [snapshot, ...register, ...copies];
  const old = facts?.sameName?.ImageId ?? "the OMI of this name, if there is one";
  const snapshots = config.forceDeleteSnapshot ? [", and at the end its snapshots that nothing else uses"] : [];
  const rehearsal = planned("StepCreateOMI", [
    "rehearses under <name>-<run>, with all that follows, while the old OMI stands",
  ]);
  return [
    snapshot,
    rehearsal,
    planned("StepDeregisterOMI", [`deletes ${old}${snapshots.join("")}`]),
    ...register,
    ...copies,
  ];
}

function planSnapshot(context: PlanContext): PlannedStep {
  const { config } = context;
  const description = config.snapshotDescription ?? `Root of ${config.omiName} (outscale-chroot run <run>)`;
  const request = context.request("CreateSnapshot", {
    VolumeId: "<the volume>",
    Description: context.late(description),
  });
  return planned(
    "StepSnapshot",
    ["takes a snapshot of the unlinked volume, and waits until it is completed"],
    [request],
  );
}

function planRegistration(context: PlanContext): readonly PlannedStep[] {
  const { config, facts, source } = context;
  const description =
    config.omiDescription === undefined ? source?.image.Description : context.late(config.omiDescription);
  const name = config.omiName === HIDDEN ? HIDDEN : (facts?.omiName ?? context.late(config.omiName));
  const request = createImageRequest(config, { name, description, parts: plannedParts(context) });
  const isGuess = source !== undefined && facts === undefined;
  const inherited = isGuess ? [`what this does not say (boot modes, other volumes, ...) is ${AS_IN_SOURCE}`] : [];
  return [
    planned(
      "StepCreateOMI",
      ["registers the OMI over the snapshot", ...inherited],
      [context.request("CreateImage", request)],
    ),
    planned("StepUpdateOMIAttributes", describePermissions(context)),
    planned("StepCreateTags", [
      ...describeTags(context, config.tags),
      ...describeTags(context, config.snapshotTags).map((tags) => `of the snapshot alone: ${tags}`),
    ]),
  ];
}

function plannedParts(context: PlanContext): OmiParts {
  const { Size = Number.NaN, VolumeType = "standard", Iops } = volumeRequest(context);
  const volume = { id: "<the volume>", sizeGib: Size, type: VolumeType, iops: Iops };
  return { volume, snapshotId: "<the snapshot>", source: context.source };
}

function describePermissions({ config }: PlanContext): readonly string[] {
  const { omiIsPublic, omiAccountIds, snapshotIsPublic, snapshotAccountIds } = config;
  const launch = [...(omiIsPublic ? ["everybody"] : []), ...omiAccountIds].join(", ");
  const use = [...(snapshotIsPublic ? ["everybody"] : []), ...snapshotAccountIds].join(", ");
  return [
    ...(launch ? [`may launch the OMI: ${launch}`] : []),
    ...(use ? [`may create volumes from the snapshot: ${use}`] : []),
  ];
}
