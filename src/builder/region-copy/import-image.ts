import { WaitError } from "../../outscale/errors.ts";
import type { Image } from "../../outscale/oapi.ts";
import type { WaitProgress } from "../../outscale/wait-for.ts";
import { deleteImage } from "../resources/image.ts";
import type { RunContext } from "../run-context.ts";
import { RunTags } from "../run-tags.ts";
import type { Scope } from "../scope.ts";
import { attemptId, importName } from "../temporary-names.ts";
import { importedImageKind } from "./imported-image.ts";
import type { RegionCloud } from "./region-clouds.ts";
import { regionSnapshotKind } from "./region-kinds.ts";

const BYTES_PER_GIB = 1024 ** 3;

export interface ImportInput {
  readonly target: RegionCloud;
  /** Holds what is made there until it is complete. */
  readonly undo: Scope;
  /** See {@link attemptId}. */
  readonly attempt?: number | undefined;
  /** Told how the import goes; `percent` is of all its disks. */
  readonly onProgress?: ((progress: WaitProgress) => void) | undefined;
}

/** The snapshots that an import has made, by the device that they are for. */
export type ImportedDisks = ReadonlyMap<string, string>;

/** What an import has made: a manifest says more than its disks. */
export interface Imported {
  readonly disks: ImportedDisks;
  /** As the manifest had it. */
  readonly image: Image;
}

/**
 * Imports an image by its manifest. It gets a name that nobody takes for a product, since the service can rename none: what
 * stays of it are its snapshots, over which the OMI is registered under its own name.
 * @throws {WaitError} when the import fails
 */
export async function importByManifest(
  context: RunContext,
  { target, undo, attempt, onProgress }: ImportInput,
  { url, name: omiName }: { readonly url: string; readonly name: string },
): Promise<Imported> {
  const { api, waiters, place } = target;
  const { signal, runId, ui } = context;
  const name = importName(omiName, attemptId(runId, attempt));
  const lease = await undo.acquire(importedImageKind, { place, thing: { name } }, async () => {
    return (await api.createImage({ ImageName: name, FileLocation: url })).Image.ImageId;
  });
  ui.message(`Importing into ${place.region} as ${lease.id}...`);
  await new RunTags({ ...context, api }, (message) => ui.warn(message)).add(lease.id);
  const timeoutMs = waiters.timeouts.copy;
  const begun = await waiters.image(lease.id, { until: "mapped", timeoutMs, signal, onProgress });
  const disks = disksOf(begun);
  const snapshotIds = [...new Set(disks.values())];
  lease.note({ snapshotIds });
  await awaitSnapshots({ target, onProgress }, snapshotIds, signal);
  const image = await waiters.image(lease.id, { until: "available", timeoutMs, signal });
  // As long as it is there, nobody can delete its snapshots.
  await deleteImage({ api, waiters, signal }, lease.id);
  for (const id of snapshotIds) undo.adopt(regionSnapshotKind, { place, thing: { clientToken: null } }, id);
  lease.note({ areSnapshotsKept: true });
  await lease.release();
  return { disks, image };
}

/** A disk in a bucket. */
export interface DiskToImport {
  readonly url: string;
  readonly sizeGib: number;
  /** The devices that it is for. */
  readonly devices: readonly string[];
}

/**
 * Imports disks one by one: they carry no product codes.
 * @throws {WaitError} when one of them fails
 */
export async function importSnapshots(
  context: RunContext,
  input: ImportInput,
  disks: readonly DiskToImport[],
): Promise<ImportedDisks> {
  const { target, undo, attempt } = input;
  const { api, place } = target;
  const imported = new Map<string, string>();
  for (const [index, { url, sizeGib, devices }] of disks.entries()) {
    const clientToken = `${attemptId(context.runId, attempt)}-${place.region}-${index}`;
    const request = { FileLocation: url, SnapshotSize: sizeGib * BYTES_PER_GIB, ClientToken: clientToken };
    const lease = await undo.acquire(regionSnapshotKind, { place, thing: { clientToken } }, async () => {
      return (await api.createSnapshot(request)).Snapshot.SnapshotId;
    });
    for (const device of devices) imported.set(device, lease.id);
  }
  const snapshotIds = [...new Set(imported.values())];
  context.ui.message(`Importing into ${place.region} as ${snapshotIds.join(", ")}...`);
  await awaitSnapshots(input, snapshotIds, context.signal);
  return imported;
}

/** They are imported at the same time: whoever waits for one after the other waits for the slowest. */
async function awaitSnapshots(
  { target: { waiters }, onProgress }: Pick<ImportInput, "target" | "onProgress">,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const [index, id] of ids.entries()) {
    await waiters.snapshot(id, {
      until: "completed",
      timeoutMs: waiters.timeouts.copy,
      signal,
      onProgress: (progress) => {
        const percent = (100 * index + (progress.percent ?? 0)) / ids.length;
        onProgress?.({ ...progress, percent: Math.floor(percent) });
      },
    });
  }
}

function disksOf(image: Image): ImportedDisks {
  const disks = image.BlockDeviceMappings.flatMap(({ DeviceName, Bsu }) =>
    Bsu?.SnapshotId === undefined ? [] : [[DeviceName, Bsu.SnapshotId] as const],
  );
  if (disks.length > 0) return new Map(disks);
  throw new WaitError(`The import ${image.ImageId} has no snapshots`, {
    resourceId: image.ImageId,
    lastState: image.State,
    hint: "Look whether its manifest names any",
  });
}
