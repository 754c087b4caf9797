import { openCloudRun } from "../../builder/open-cloud-run.ts";
import { askTogether } from "../../builder/region-copy/ask-together.ts";
import { requireExport } from "../../builder/region-copy/check-target.ts";
import { exportImage } from "../../builder/region-copy/export-image.ts";
import { checkBucket, ensureBucket } from "../../builder/region-copy/open-bucket.ts";
import { snapshotIdsOf } from "../../builder/resources/image.ts";
import { Scope } from "../../builder/scope.ts";
import { throwIfCancelled } from "../../common/errors.ts";
import { requireRoot } from "../../host/require-root.ts";
import { findOwnOmi } from "./find-own-omi.ts";
import { openOmis } from "./open-omis.ts";
import { requirePrefix } from "./require-prefix.ts";
import { never, type TransferInput } from "./transfer-input.ts";

export interface ExportOmiInput extends TransferInput {
  /** Its id or its name. */
  readonly omi: string;
  /** A bucket of the account in the OMI's region. */
  readonly bucket: string;
  readonly prefix?: string | undefined;
  readonly createBucket?: boolean | undefined;
  /** Of the disks: `qcow2` when absent. */
  readonly format?: "qcow2" | "raw" | undefined;
}

export interface ExportedOmi {
  readonly imageId: string;
  readonly name: string;
  readonly region: string;
  readonly bucket: string;
  /** The key of the manifest: what {@link importOmi} takes. */
  readonly manifest: string;
  /** Of every object, the manifest among them. */
  readonly keys: readonly string[];
}

/**
 * Exports an OMI of the account's own to a bucket of its region: its disks and a manifest. It is journaled: of an export that
 * fails or is killed nothing stays in the bucket, once `cleanup` has seen to it.
 *
 * Needs root: the journal's folder is root's.
 * @throws {UsageError} {@link ConfigError} {@link AuthError} {@link StorageError} before anything is made
 * @throws {WaitError} when the export fails
 */
export async function exportOmi(input: ExportOmiInput): Promise<ExportedOmi> {
  const { ui, signal = never, hurry = never, clock, log, bucket, format = "qcow2" } = input;
  const prefix = requirePrefix(input.prefix ?? "");
  requireRoot("Exporting an OMI needs root: it is journaled as builds are");
  await using omis = await openOmis(input);
  const { region } = omis.access;
  await using run = await openCloudRun("omi export", { ...omis, ui, signal, hurry, clock, log });
  const { context } = run;
  const source = await context.regions.open(omis.access, signal);
  const image = await findOwnOmi(context, input.omi);
  const snapshots = new Set(snapshotIdsOf(image)).size;
  const where = { source, bucket, prefix, createBucket: input.createBucket ?? false };
  const [seen] = await askTogether(
    [checkBucket(context, where), requireExport(source, { snapshots, method: "image", option: region, signal })],
    { bucket: "bucket", other: region },
  );
  await using scope = new Scope("export", context, { onFailure: "warn" });
  await ensureBucket(context, scope, { ...where, seen });
  const exported = await exportImage(context, { ...where, image, format, scope, onProgress: input.onProgress });
  throwIfCancelled(signal);
  scope.keep();
  const { ImageId: imageId, ImageName: name } = image;
  return { imageId, name, region, bucket, manifest: exported.manifest.key, keys: exported.keys };
}
