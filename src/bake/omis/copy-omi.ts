import { type CloudRun, openCloudRun } from "../../builder/open-cloud-run.ts";
import type { Permissions } from "../../builder/permissions.ts";
import { markCopy } from "../../builder/product-tags.ts";
import { askTogether } from "../../builder/region-copy/ask-together.ts";
import { requireExport } from "../../builder/region-copy/check-target.ts";
import { copyDigest } from "../../builder/region-copy/copy-digest.ts";
import { type CopyTarget, copyImage, type RegionCopy, requireFreeCodes } from "../../builder/region-copy/copy-image.ts";
import { copyLook } from "../../builder/region-copy/copy-look.ts";
import type { TransferMethod } from "../../builder/region-copy/export-image.ts";
import { checkBucket } from "../../builder/region-copy/open-bucket.ts";
import type { RegionCloud } from "../../builder/region-copy/region-clouds.ts";
import { snapshotIdsOf } from "../../builder/resources/image.ts";
import { throwIfCancelled, UsageError } from "../../common/errors.ts";
import { requireRoot } from "../../host/require-root.ts";
import type { Image } from "../../outscale/oapi.ts";
import { findOwnOmi } from "./find-own-omi.ts";
import { openOmis } from "./open-omis.ts";
import { checkRegions, type OpenedTarget, openTargets, type TargetRegion } from "./open-targets.ts";
import { requireOmiName } from "./require-omi-name.ts";
import { requirePrefix } from "./require-prefix.ts";
import { never, type TransferInput } from "./transfer-input.ts";

export interface CopyTo extends TargetRegion {
  /** Accounts of that region. */
  readonly launch?: Permissions | undefined;
  readonly createVolume?: Permissions | undefined;
}

export interface CopyOmiInput extends TransferInput {
  /** Its id or its name. */
  readonly omi: string;
  readonly targets: readonly CopyTo[];
  /** A bucket of the account in the OMI's region. */
  readonly bucket: string;
  readonly prefix?: string | undefined;
  readonly createBucket?: boolean | undefined;
  readonly keepObjects?: boolean | undefined;
  /** `image` when absent. */
  readonly method?: TransferMethod | undefined;
  /** The name there, when it is to be another one. */
  readonly name?: string | undefined;
  /** Replaces an OMI of the account's own that has the name there, when its successor is complete but for the registration. */
  readonly force?: boolean | undefined;
  /** With {@link force}: deletes the snapshots of what was replaced, unless something else uses them. */
  readonly forceDeleteSnapshot?: boolean | undefined;
}

export interface CopiedOmi {
  readonly imageId: string;
  readonly name: string;
  readonly region: string;
  /** For `cleanup`. */
  readonly runId: string;
  /** One for each region, in the order in which they were asked for. */
  readonly copies: readonly RegionCopy[];
  /** Something could not be taken down: `cleanup` tries again. */
  readonly isSomethingLeft: boolean;
}

const nobody: Permissions = { accountIds: [], isPublic: false };

/**
 * Copies an OMI of the account's own into other regions, through a bucket: exported once, imported into all of them at the
 * same time. A region that fails leaves the others. It is journaled: what is killed in between, `cleanup` takes back.
 *
 * Needs root: the journal's folder is root's.
 * @throws {UsageError} {@link ConfigError} {@link AuthError} {@link StorageError} before anything is made
 * @throws {WaitError} when the export fails: then nothing is anywhere
 * @throws {CancelledError} when it was cancelled before any copy was complete or had failed, and everything was taken back
 */
export async function copyOmi(input: CopyOmiInput): Promise<CopiedOmi> {
  const { ui, signal = never, hurry = never, clock, log, method = "image", force = false } = input;
  if (input.forceDeleteSnapshot && !force) {
    throw new UsageError("Only an OMI that is replaced leaves snapshots to delete", {
      hint: "Give -force (force: true), too, or leave -force-delete-snapshot away",
    });
  }
  requireRoot("Copying an OMI needs root: it is journaled as builds are");
  if (input.name !== undefined) requireOmiName(input.name);
  const prefix = requirePrefix(input.prefix ?? "");
  await using omis = await openOmis(input);
  const { access, env, onNotice } = omis;
  checkRegions(input.targets, access.region);
  await using run = await openCloudRun("omi copy", { ...omis, ui, signal, hurry, clock, log });
  const { context } = run;
  const source = await context.regions.open(access, signal);
  const image = await findOwnOmi(context, input.omi);
  const name = input.name ?? image.ImageName;
  const snapshots = new Set(snapshotIdsOf(image)).size;
  const { bucket, createBucket = false } = input;
  const where = { source, bucket, prefix, createBucket };
  const [bucketSeen, targets] = await askTogether(
    [
      checkBucket(context, where),
      openTargets({ ...context, targets: input.targets, name, snapshots, isForced: force, env, onNotice }),
      requireExport(source, { snapshots, method, option: access.region, signal }),
      method === "snapshots" ? requireFreeCodes(image) : undefined,
    ],
    { bucket: "bucket", other: "to" },
  );
  const look = await copyLook(source, image, { name, signal });
  const copies = await copyImage(context, {
    ...{ ...where, bucketSeen, image, method, keepObjects: input.keepObjects ?? false },
    onProgress: input.onProgress,
    targets: await Promise.all(
      targets.map((target, index) => {
        const { launch = nobody, createVolume = nobody } = input.targets[index] ?? {};
        return wantedCopy(context, { source, image, target, look: { ...look, launch, createVolume } });
      }),
    ),
    oldSnapshots: { areDeleted: input.forceDeleteSnapshot ?? false, option: "-force-delete-snapshot" },
    warn: (message) => ui.warn(message),
  });
  const { isSomethingLeft } = run;
  // Where something stands, is left or has failed, it has to be told what.
  if (!isSomethingLeft && copies.every(({ outcome }) => outcome === "cancelled")) throwIfCancelled(signal);
  const { ImageId: imageId, ImageName } = image;
  return { imageId, name: ImageName, region: access.region, runId: context.runId, copies, isSomethingLeft };
}

interface WantedInput {
  readonly source: RegionCloud;
  readonly image: Image;
  readonly target: OpenedTarget;
  readonly look: CopyTarget["look"];
}

/** A copy as it is to be; a build that finds the OMI unchanged is to find it, too. */
async function wantedCopy(
  context: CloudRun["context"],
  { source, image, target, look }: WantedInput,
): Promise<CopyTarget> {
  const { ui, signal } = context;
  const digest = await copyDigest(source, { image, look, signal });
  if (digest === undefined) return { ...target, look };
  const there = { ...context, api: target.cloud.api, warn: (message: string) => ui.warn(message) };
  return { ...target, look, mark: (imageId) => markCopy(there, imageId, digest) };
}
