import { WaitError } from "../../outscale/errors.ts";
import type { Image } from "../../outscale/oapi.ts";
import type { ObjectPlace } from "../../outscale/object-storage/addresses.ts";
import { joinKey } from "../../outscale/object-storage/addresses.ts";
import { LONGEST_PRESIGNED_SECONDS } from "../../outscale/object-storage/presign.ts";
import type { WaitProgress } from "../../outscale/wait-for.ts";
import { snapshotIdsOf } from "../resources/image.ts";
import type { RunContext } from "../run-context.ts";
import type { Lease, Scope } from "../scope.ts";
import { attemptId } from "../temporary-names.ts";
import { type ExportIntent, exportedObjectsKind, keysBelow } from "./exported-objects.ts";
import type { RegionCloud } from "./region-clouds.ts";

/**
 * How an image leaves its region. `image`: as a whole, with a manifest and its product codes. `snapshots`: each disk alone,
 * without a manifest; the service carries no licence terms along.
 */
export type TransferMethod = "image" | "snapshots";

export interface ExportInput {
  readonly source: RegionCloud;
  readonly image: Image;
  readonly bucket: string;
  readonly prefix: string;
  readonly format: "qcow2" | "raw";
  /** See {@link attemptId}. */
  readonly attempt?: number | undefined;
  /** Holds the objects until nobody needs them. */
  readonly scope: Scope;
  readonly onProgress?: ((subject: string, progress: WaitProgress) => void) | undefined;
}

/** Objects in the bucket of an export. */
export interface Exported {
  readonly bucket: string;
  /** All of the export's objects are below it. */
  readonly prefix: string;
  readonly keys: readonly string[];
  readonly lease: Lease;
}

/** An image in a bucket. */
export interface ExportedImage extends Exported {
  readonly manifest: ObjectPlace;
}

/**
 * Exports an image with its manifest, below a prefix that no other run has, nor another try of this one.
 * @throws {WaitError} when the export fails
 */
export async function exportImage(context: RunContext, input: ExportInput): Promise<ExportedImage> {
  const { source, image } = input;
  const { ImageId: id } = image;
  context.ui.say(`Exporting ${id} (${image.ImageName}) to the bucket ${input.bucket} in ${source.place.region}...`);
  const sizeGib = image.BlockDeviceMappings.reduce((sum, { Bsu }) => sum + (Bsu?.VolumeSize ?? 0), 0);
  const exported = await endExport(context, input, await beginExport(context, input, { kind: "image", id }), sizeGib);
  const [manifest] = exported.keys.filter((key) => key.endsWith("manifest.json"));
  const [other] = exported.keys.filter((key) => !/\.(qcow2|raw)(\.gz)?$/.test(key));
  const key = manifest ?? other;
  if (key === undefined) throw nothingThere(exported, "no manifest");
  return { ...exported, manifest: { bucket: input.bucket, key } };
}

/** A disk of an image in a bucket, by the snapshot that it was taken from. */
export interface ExportedSnapshot extends Exported {
  readonly snapshotId: string;
  readonly disk: ObjectPlace;
}

/**
 * Exports every snapshot that an image maps: all are begun before the first is waited for.
 * @throws {WaitError} when one of the exports fails
 */
export async function exportSnapshots(context: RunContext, input: ExportInput): Promise<readonly ExportedSnapshot[]> {
  const { source, image } = input;
  const ids = [...new Set(snapshotIdsOf(image))];
  context.ui.say(`Exporting ${ids.join(", ")} to the bucket ${input.bucket} in ${source.place.region}...`);
  const begun: BegunExport[] = [];
  for (const id of ids) begun.push(await beginExport(context, input, { kind: "snapshot", id }));
  const exports: ExportedSnapshot[] = [];
  for (const each of begun) {
    const { id } = each.intent.of;
    const sizeGib = image.BlockDeviceMappings.find(({ Bsu }) => Bsu?.SnapshotId === id)?.Bsu?.VolumeSize;
    const exported = await endExport(context, input, each, sizeGib);
    const [key] = exported.keys;
    if (key === undefined) throw nothingThere(exported, "nothing");
    exports.push({ ...exported, snapshotId: id, disk: { bucket: input.bucket, key } });
  }
  return exports;
}

interface BegunExport {
  readonly intent: ExportIntent;
  readonly lease: Lease;
}

async function beginExport(
  context: RunContext,
  { source: { api, place }, bucket, prefix: base, format, attempt, scope }: ExportInput,
  of: ExportIntent["of"],
): Promise<BegunExport> {
  const prefix = `${joinKey(base, attemptId(context.runId, attempt), of.kind === "image" ? "" : of.id)}/`;
  const intent = { place, bucket, prefix, of };
  const OsuExport = { DiskImageFormat: format, OsuBucket: bucket, OsuPrefix: prefix.slice(0, -1) };
  const lease = await scope.acquire(exportedObjectsKind, intent, async () => {
    if (of.kind === "image") {
      return (await api.createImageExportTask({ ImageId: of.id, OsuExport })).ImageExportTask.TaskId;
    }
    return (await api.createSnapshotExportTask({ SnapshotId: of.id, OsuExport })).SnapshotExportTask.TaskId;
  });
  return { intent, lease };
}

async function endExport(
  { signal }: RunContext,
  { source, onProgress }: ExportInput,
  { intent, lease }: BegunExport,
  sizeGib: number | undefined,
): Promise<Exported> {
  const { waiters } = source;
  const { bucket, prefix, of } = intent;
  const wait = {
    until: "completed",
    signal,
    sizeGib,
    onProgress: (progress: WaitProgress) => onProgress?.(`the export of ${of.id}`, progress),
  } as const;
  await (of.kind === "image" ? waiters.imageExport(lease.id, wait) : waiters.snapshotExport(lease.id, wait));
  return { bucket, prefix, keys: await keysBelow(source, intent, signal), lease };
}

/** A URL with which the service of another region reads the object, as long as those in a manifest are good. */
export function importUrl({ storage }: RegionCloud, object: ObjectPlace): string {
  return storage.presign(object, LONGEST_PRESIGNED_SECONDS);
}

function nothingThere({ bucket, prefix, lease }: Exported, what: string): WaitError {
  return new WaitError(`The export ${lease.id} is completed, and ${what} is in "${bucket}/${prefix}"`, {
    resourceId: lease.id,
    lastState: "completed",
    hint: "Look into the bucket, and try again; if it happens again, ask OUTSCALE's support",
  });
}
