import { WaitError } from "../../outscale/errors.ts";
import type { Snapshot } from "../../outscale/oapi.ts";
import type { Build } from "../build.ts";
import { mergeMappings } from "../omi-mappings.ts";
import { type CopiedImageFacts, copiedImageKind, deleteImage, snapshotIdsOf } from "../resources/image.ts";
import { snapshotKind } from "../resources/snapshot.ts";
import type { Lease, Scope } from "../scope.ts";
import { step } from "../step.ts";
import { copyName } from "../temporary-names.ts";
import { rootOf, type SourceOmi } from "./check-root-device.ts";
import { waitProgress } from "./wait-progress.ts";

/**
 * The source OMI with snapshots that the account may use: it says of itself what the original says, also when it stands
 * on a copy, which goes as soon as the volume is there.
 */
export interface UsableSource extends SourceOmi {
  /** Data snapshots that were made for this build: those of the copy that the new OMI maps. */
  readonly madeSnapshotIds: readonly string[];
  /** Removes the temporary copy and its root snapshot. Does nothing when there is no copy. */
  readonly releaseCopy: () => Promise<void>;
}

export interface CopySourceOmiInput {
  readonly source: SourceOmi;
  /** Holds the copy until the volume is available. */
  readonly temporary: Scope;
  /** Holds the copy's data snapshots, which the new OMI maps. */
  readonly undo: Scope;
}

/**
 * Copies the source OMI into the account, if a snapshot of it that the build needs is neither ours nor shared with us:
 * the service gives no other way to its data. A copy has snapshots of its own; those that the new OMI maps stay.
 *
 * Acquires: the copied image with the snapshots that go with it, and the data snapshots that stay.
 */
export const copySourceOmi = step(
  "StepCopySourceOMI",
  async (build: Build, { source, temporary, undo }: CopySourceOmiInput): Promise<UsableSource> => {
    if (await areSnapshotsUsable(build, source))
      return { ...source, madeSnapshotIds: [], releaseCopy: async () => undefined };
    const { api, ui, waiters, config, signal, region } = build;
    const name = copyName(source.image.ImageName, build.runId);
    ui.say(
      `Copying the source OMI ${source.image.ImageId} into the account, as its snapshots are not all shared with it...`,
    );
    const copy = await temporary.acquire(copiedImageKind, { name }, async () => {
      const request = { ImageName: name, SourceImageId: source.image.ImageId, SourceRegionName: region };
      return (await api.createImage(request)).Image.ImageId;
    });
    await build.runTags.add(copy.id);
    const sizeGib = source.rootMapping.Bsu?.VolumeSize;
    const image = await waiters.image(copy.id, {
      until: "available",
      sizeGib,
      timeoutMs: config.timeouts.copy,
      signal,
      onProgress: waitProgress(build, `the copy ${copy.id}`),
    });
    const copied = rootOf(image);
    copy.note({ snapshotIds: snapshotIdsOf(image) });
    await waiters.snapshot(copied.rootSnapshotId, {
      until: "completed",

      timeoutMs: config.timeouts.copy,
      signal,
    });
    ui.message(`Copied to ${copy.id}`);
    const known = { ...source.image, BlockDeviceMappings: image.BlockDeviceMappings };
    const madeSnapshotIds = mappedDataSnapshots(build, copied);
    return { ...copied, image: known, madeSnapshotIds, releaseCopy: () => releaseCopy(build, { copy, copied, undo }) };
  },
);

interface ReleaseCopyInput {
  readonly copy: Lease<CopiedImageFacts>;
  readonly copied: SourceOmi;
  readonly undo: Scope;
}

/**
 * Removes the copy and its snapshots, but for those that the new OMI maps. The image goes first: as long as it is there
 * its snapshots cannot go. Then somebody else takes charge of what stays, and only then the copy lets go of it.
 */
async function releaseCopy(build: Build, { copy, copied, undo }: ReleaseCopyInput): Promise<void> {
  await deleteImage(build, copy.id);
  const mapped = mappedDataSnapshots(build, copied);
  for (const snapshotId of mapped) undo.adopt(snapshotKind, { clientToken: null }, snapshotId);
  copy.note({ keptSnapshotIds: mapped });
  await copy.release();
}

/** The snapshots of a source, besides the root's, that the new OMI maps as well. */
function mappedDataSnapshots(
  { config }: Pick<Build, "config">,
  { image, rootSnapshotId, rootDeviceName }: SourceOmi,
): string[] {
  if (config.skipCreateOmi) return [];
  const data = image.BlockDeviceMappings.filter(({ DeviceName }) => DeviceName !== rootDeviceName);
  const wanted = new Set(snapshotIdsOf({ BlockDeviceMappings: mergeMappings(data, config.omiBlockDeviceMappings) }));
  return [...new Set(snapshotIdsOf(image))].filter((id) => id !== rootSnapshotId && wanted.has(id));
}

/** Whether the account may use, where they are, all snapshots of the source that the build needs. */
export async function areSnapshotsUsable(
  build: Pick<Build, "api" | "accountId" | "signal" | "config" | "resumed">,
  source: SourceOmi,
): Promise<boolean> {
  const { api, accountId, signal, resumed } = build;
  // A run that goes on has the volume that was made of the root's.
  const needed = [...(resumed ? [] : [source.rootSnapshotId]), ...mappedDataSnapshots(build, source)];
  if (needed.length === 0) return true;
  const { Snapshots } = await api.readSnapshots({ Filters: { SnapshotIds: needed } }, { signal });
  const root = Snapshots.find(({ SnapshotId }) => SnapshotId === source.rootSnapshotId);
  if (root?.State === "error") {
    throw new WaitError(`The root snapshot ${root.SnapshotId} of ${source.image.ImageId} is in the state "error"`, {
      resourceId: root.SnapshotId,
      lastState: root.State,
      hint: "Choose another source OMI",
    });
  }
  const usable = new Set(Snapshots.filter((snapshot) => mayUse(snapshot, accountId)).map((each) => each.SnapshotId));
  return needed.every((id) => usable.has(id));
}

function mayUse({ AccountId, PermissionsToCreateVolume: shared }: Snapshot, accountId: string): boolean {
  return (
    AccountId === accountId || shared?.GlobalPermission === true || shared?.AccountIds?.includes(accountId) === true
  );
}
