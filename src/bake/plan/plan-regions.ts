import { type PlannedResource, type PlannedStep, planned } from "./plan.ts";
import type { PlanContext } from "./plan-context.ts";

/** What is seen to before anything is made: nothing where no other region is asked for. */
export function planRegionCheck({ config }: PlanContext): readonly PlannedStep[] {
  const { targetRegions, regionCopy, forceDeregister } = config;
  if (!hasCopies(config)) return [];
  const bucket = `the bucket ${regionCopy.bucket}`;
  const found = regionCopy.createBucket
    ? `${bucket} can be written, or is not there yet`
    : `${bucket} is there and can be written`;
  const name = forceDeregister ? [] : ["that the OMI's name is free there"];
  const credentials = targetRegions.map((region) => `credentials for ${region}: ${credentialsOf(config, region)}`);
  return [planned("StepCheckRegions", [`makes sure that ${[found, ...name].join(", and ")}`, ...credentials])];
}

/** The last step. */
export function planRegionCopy({ config }: PlanContext): readonly PlannedStep[] {
  const { targetRegions, regionCopy, forceDeregister } = config;
  if (!hasCopies(config)) return [];
  const what = regionCopy.method === "image" ? "the OMI with a manifest" : "the OMI's snapshots";
  return [
    planned("StepCopyRegions", [
      `exports ${what} to ${regionCopy.bucket}, below ${regionCopy.prefix}/<run>/`,
      `imports it into ${targetRegions.join(", ")} at the same time, with the permissions and tags that it has here`,
      ...(forceDeregister ? ["replaces the OMI of that name there, when its successor is complete"] : []),
    ]),
  ];
}

export function regionResources({ config, late }: PlanContext, fate: string): readonly PlannedResource[] {
  const { targetRegions, regionCopy } = config;
  if (!hasCopies(config)) return [];
  const { bucket, createBucket, keepObjects } = regionCopy;
  const objects = keepObjects ? "stay" : "deleted when the last copy is there";
  return [
    ...(createBucket
      ? [{ kind: "bucket", what: `${bucket}, if it is not there`, fate: "deleted when it is empty" } as const]
      : []),
    { kind: "objects", what: `the export, in ${bucket}`, fate: objects },
    ...targetRegions.map((region) => ({ kind: "OMI" as const, what: `${late(config.omiName)} in ${region}`, fate })),
  ];
}

function hasCopies({ targetRegions, skipCreateOmi }: PlanContext["config"]): boolean {
  return targetRegions.length > 0 && !skipCreateOmi;
}

/** Where a build looks for them. What is found there is seen when it does. */
function credentialsOf({ regionProfiles }: PlanContext["config"], region: string): string {
  const named = regionProfiles[region];
  if (named !== undefined) return `the profile "${named}"`;
  const ending = region.toUpperCase().replaceAll("-", "_");
  return `OSC_ACCESS_KEY_${ending} and OSC_SECRET_KEY_${ending}, or the profile "${region}"`;
}
