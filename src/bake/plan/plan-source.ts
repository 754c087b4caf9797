import { rootVolumeRequest } from "../../builder/steps/create-volume.ts";
import { sourceRequests } from "../../config/source-requests.ts";
import type { RequestOf } from "../../outscale/oapi.ts";
import { type PlannedStep, planned } from "./plan.ts";
import type { PlanContext } from "./plan-context.ts";
import { planRegionCheck } from "./plan-regions.ts";

/** The request for the root volume, as the build makes it. */
export function volumeRequest({ config, facts, source }: PlanContext): RequestOf<"CreateVolume"> {
  return rootVolumeRequest(config, { subregionName: facts?.subregionName ?? "<this VM's subregion>", source });
}

function describeSkipping({ config }: PlanContext): string {
  const rest = config.targetRegions.length > 0 ? ", but for copies that are missing" : "";
  return `looks for an OMI that was made of the same: if there is one, nothing that follows is done${rest}`;
}

function describeChanges({ since }: PlanContext): readonly string[] {
  if (since === undefined)
    return ["there is no record of an earlier run of it on this machine, or this user may not read it"];
  const { runId, startedAt, imageId, changed, unknown } = since;
  const last = `run ${runId} of ${startedAt.slice(0, 10)}, with ${imageId}`;
  const nothing = unknown.length > 0 ? "nothing that is known here" : "nothing";
  return [
    changed.length > 0 ? `changed since ${last}: ${changed.join(", ")}` : `${nothing} has changed since ${last}`,
    ...(unknown.length > 0 ? [`only the account can tell of ${unknown.join(", ")}`] : []),
  ];
}

/** From the credentials to the volume: everything before this VM is touched. */
export function planSource(context: PlanContext): readonly PlannedStep[] {
  const { config, facts } = context;
  return [
    planned("StepCheckAuth", [
      facts
        ? `the credentials are valid; they are for account ${facts.accountId}`
        : "checks the credentials, and asks which account they are for",
    ]),
    planned("StepVmInfo", [
      config.vmId ? `this VM is ${config.vmId}` : `asks ${config.metadataEndpoint} which VM this is`,
    ]),
    ...(config.fromScratch ? [] : planSearch(context)),
    ...(config.skipUnchanged
      ? [planned("StepSkipUnchanged", [describeSkipping(context), ...describeChanges(context)])]
      : []),
    planName(context),
    ...planRegionCheck(context),
    ...(config.fromScratch ? [] : [planCopy(context)]),
    planVolume(context),
  ];
}

function planSearch(context: PlanContext): readonly PlannedStep[] {
  const { config, facts, source } = context;
  const filter = config.sourceFilter;
  const search = { sourceOmi: config.sourceOmi, filter, ownAccountId: facts?.accountId ?? "<this account>" };
  const requests = sourceRequests(search).map((Filters) => context.request("ReadImages", { Filters }));
  const rule = filter?.mostRecent ? "takes the newest of what it finds" : "exactly one must be found";
  const image = facts?.source?.image;
  const found = image && `found ${image.ImageId}: ${image.ImageName}, of ${image.AccountAlias ?? image.AccountId}`;
  const fits = facts && `its root is ${source?.rootDeviceName}, snapshot ${source?.rootSnapshotId}`;
  return [
    planned("StepSourceOMIInfo", [found ?? rule], requests),
    planned("StepCheckRootDevice", [fits ?? "makes sure that its root is a volume with a snapshot"]),
  ];
}

function planName(context: PlanContext): PlannedStep {
  const { config, facts } = context;
  if (config.skipCreateOmi) return planned("StepPreValidate", []);
  const name = `"${context.late(config.omiName)}"`;
  if (facts?.sameName) {
    const fate = config.forceDeregister ? "which is replaced at the end" : "and may not be replaced: it stops here";
    return planned("StepPreValidate", [`${name} is the name of ${facts.sameName.ImageId}, ${fate}`]);
  }
  if (facts) return planned("StepPreValidate", [`${name} is free`]);
  const otherwise = config.forceDeregister ? "else the OMI of that name is replaced at the end" : "else it stops here";
  return planned("StepPreValidate", [`${name} must be free in the account; ${otherwise}`]);
}

function planCopy(context: PlanContext): PlannedStep {
  const { facts, source } = context;
  if (facts && !facts.needsCopy) return planned("StepCopySourceOMI", ["no copy is needed: the snapshots may be used"]);
  const why = facts
    ? "the snapshots may not be used where they are, so the OMI is copied into the account"
    : "only if the snapshots may not be used where they are: copies the OMI into the account";
  const request = context.request("CreateImage", {
    ImageName: "<the source OMI's name>-copy-<run>",
    SourceImageId: source?.image.ImageId,
    SourceRegionName: facts?.region,
  });
  return planned("StepCopySourceOMI", [why], facts ? [request] : []);
}

function planVolume(context: PlanContext): PlannedStep {
  const { config } = context;
  const request = context.request("CreateVolume", volumeRequest(context));
  return planned(
    "StepCreateVolume",
    [
      config.fromScratch ? "creates an empty volume" : "creates the root volume from the source OMI's root snapshot",
      ...describeTags(context, config.rootVolumeTags),
    ],
    [request],
  );
}

/** The tags with their late values, if there are any. */
export function describeTags(context: PlanContext, tags: Readonly<Record<string, string>>): readonly string[] {
  const items = Object.entries(tags).map(([key, value]) => `${context.late(key)}=${context.late(value)}`);
  return items.length > 0 ? [`tags: ${items.join(", ")}`] : [];
}
