import { openCloudRun } from "../../builder/open-cloud-run.ts";
import type { Permissions } from "../../builder/permissions.ts";
import { askTogether } from "../../builder/region-copy/ask-together.ts";
import { requireTarget } from "../../builder/region-copy/check-target.ts";
import { importByManifest } from "../../builder/region-copy/import-image.ts";
import type { RegionCloud, RegionClouds } from "../../builder/region-copy/region-clouds.ts";
import { type CopyLook, registerCopy } from "../../builder/region-copy/register-copy.ts";
import { Scope } from "../../builder/scope.ts";
import { throwIfCancelled } from "../../common/errors.ts";
import { requireRoot } from "../../host/require-root.ts";
import type { Image, ResourceTag } from "../../outscale/oapi.ts";
import { resolveRegionAccess } from "../../outscale/region-access.ts";
import { type OnNotice, tellNotices } from "../../outscale/tell-notices.ts";
import type { WaitProgress } from "../../outscale/wait-for.ts";
import { doubtManifest } from "./doubt-manifest.ts";
import { findManifest, type ManifestPlace } from "./manifest-url.ts";
import { openOmis } from "./open-omis.ts";
import { requireOmiName } from "./require-omi-name.ts";
import { never, type TransferInput } from "./transfer-input.ts";

export interface ImportOmiInput extends TransferInput {
  readonly from: ManifestPlace;
  /** The OMI's name: the manifest's does not count. */
  readonly name: string;
  readonly description?: string | undefined;
  /** A manifest knows none: `legacy` when absent, as the service has it. */
  readonly bootModes?: readonly string[] | undefined;
  readonly tpmMandatory?: boolean | undefined;
  readonly tags?: readonly ResourceTag[] | undefined;
  readonly launch?: Permissions | undefined;
}

export interface ImportedOmi {
  readonly imageId: string;
  readonly name: string;
  readonly region: string;
  readonly snapshotIds: readonly string[];
  /** What is not as it was asked for. */
  readonly differences: readonly string[];
}

/**
 * Imports an OMI from the manifest of an export. It has its name when it is complete. It is journaled: of an import that
 * fails or is killed nothing stays, once `cleanup` has seen to it.
 *
 * Needs root: the journal's folder is root's.
 * @throws {UsageError} {@link ConfigError} {@link AuthError} {@link StorageError} before anything is made
 * @throws {ApiError} {@link WaitError} when the manifest cannot be read, or the import fails
 */
export async function importOmi(input: ImportOmiInput): Promise<ImportedOmi> {
  const { ui, signal = never, hurry = never, clock, log, name, onProgress } = input;
  requireRoot("Importing an OMI needs root: it is journaled as builds are");
  requireOmiName(name);
  await using omis = await openOmis(input);
  const { access, env, onNotice } = omis;
  await using run = await openCloudRun("omi import", { ...omis, ui, signal, hurry, clock, log });
  const { context } = run;
  const target = await context.regions.open(access, signal);
  const finding = findManifest(input.from, () => openBucketRegion(input.from, { ...context, target, env, onNotice }), {
    ...{ env, signal },
  });
  const room = finding.then(
    ({ snapshots }) => snapshots,
    () => 1,
  );
  const asked = {
    cloud: target,
    name,
    option: "name",
    ifTaken: "Choose another name, or remove that one first",
    signal,
  };
  const [{ url }] = await askTogether([finding, room.then((snapshots) => requireTarget({ ...asked, snapshots }))], {
    bucket: "manifest",
    other: "manifest",
  });
  ui.say(`Importing ${name} into ${access.region}...`);
  await using undo = new Scope("import", context, { onFailure: "warn" });
  const there = { target, undo, onProgress: tellOf(onProgress, `the import into ${access.region}`) };
  const { disks, image } = await importByManifest(context, there, { url, name }).catch(doubtManifest);
  const copy = await registerCopy(context, there, { disks, look: lookOf(input, image) });
  throwIfCancelled(signal);
  undo.keep();
  return { ...copy, name, region: access.region };
}

interface BucketRegionInput {
  readonly regions: RegionClouds;
  /** Where the OMI is to be. */
  readonly target: RegionCloud;
  readonly env: NodeJS.ProcessEnv;
  readonly onNotice: OnNotice;
  readonly signal: AbortSignal;
}

async function openBucketRegion(from: ManifestPlace, input: BucketRegionInput): Promise<RegionCloud> {
  const { regions, target, env, onNotice, signal } = input;
  const { region = target.place.region, profile } = "url" in from ? {} : from;
  if (region === target.place.region && profile === undefined) return target;
  return regions.open(tellNotices(await resolveRegionAccess({ region, profile, env }), onNotice), signal);
}

function tellOf(onProgress: TransferInput["onProgress"], subject: string) {
  return (progress: WaitProgress) => onProgress?.(subject, progress);
}

/** What the manifest says, and what only whoever imports it can know. */
function lookOf(input: ImportOmiInput, image: Image): CopyLook {
  const { name, description, bootModes = image.BootModes ?? [], tpmMandatory = false, tags = [] } = input;
  return {
    like: { ...image, BootModes: [...bootModes], TpmMandatory: tpmMandatory },
    ...{ name, description, tags, snapshotTags: new Map() },
    ...{ launch: input.launch ?? nobody, createVolume: nobody },
  };
}

const nobody: Permissions = { accountIds: [], isPublic: false };
