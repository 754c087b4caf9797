import { WaitError } from "../../outscale/errors.ts";
import type { Build } from "../build.ts";
import { copiedImageKind, snapshotIdsOf } from "../resources/image.ts";
import { snapshotKind } from "../resources/snapshot.ts";
import { tagWithRun } from "../run-tag.ts";
import type { Scope } from "../scope.ts";
import { step } from "../step.ts";
import { rootOf, type SourceOmi } from "./check-root-device.ts";
import { waitProgress } from "./wait-progress.ts";

/** The OMI that the volume is made from, and what goes as soon as the volume is there. */
export interface UsableSource extends SourceOmi {
  /** Removes the temporary copy and its root snapshot. Does nothing when there is no copy. */
  readonly releaseCopy: () => Promise<void>;
}

interface CopySourceOmiInput {
  readonly source: SourceOmi;
  /** Holds the copy until the volume is available. */
  readonly temporary: Scope;
  /** Holds the copy's data snapshots, which the new OMI maps. */
  readonly undo: Scope;
}

/**
 * Copies the source OMI into the account, if its root snapshot is neither ours nor shared with us: the service gives no
 * other way to its data. A copy has snapshots of its own; those of its data volumes stay for the new OMI.
 *
 * Acquires: the copied image with its root snapshot, and the data snapshots.
 */
export const copySourceOmi = step(
  "StepCopySourceOMI",
  async (build: Build, { source, temporary, undo }: CopySourceOmiInput): Promise<UsableSource> => {
    if (await isRootSnapshotUsable(build, source)) return { ...source, releaseCopy: async () => undefined };
    const { api, ui, waiters, config, signal, region } = build;
    const name = copyName(source.image.ImageName, build.runId);
    ui.say(`Copying the source OMI ${source.image.ImageId} into the account, as its snapshot is not shared with it...`);
    const copy = await temporary.acquire(copiedImageKind, { name }, async () => {
      const request = { ImageName: name, SourceImageId: source.image.ImageId, SourceRegionName: region };
      return (await api.createImage(request)).Image.ImageId;
    });
    await tagWithRun(build, copy.id);
    const image = await waiters.image(copy.id, {
      until: "available",
      timeoutMs: config.timeouts.copy,
      signal,
      onProgress: waitProgress(build, `the copy ${copy.id}`),
    });
    const copied = rootOf(image);
    const dataSnapshotIds = snapshotIdsOf(image).filter((id) => id !== copied.rootSnapshotId);
    // First somebody else takes charge of the data snapshots, then the copy lets go of them: never nobody.
    for (const snapshotId of new Set(dataSnapshotIds)) undo.adopt(snapshotKind, { clientToken: null }, snapshotId);
    copy.note({ snapshotIds: [copied.rootSnapshotId], keptSnapshotIds: dataSnapshotIds });
    await waiters.snapshot(copied.rootSnapshotId, { until: "completed", timeoutMs: config.timeouts.copy, signal });
    ui.message(`Copied to ${copy.id}`);
    return { ...copied, image: { ...image, Tags: source.image.Tags }, releaseCopy: () => copy.release() };
  },
);

/** A snapshot that the account can see is its own, public, or shared with it. */
async function isRootSnapshotUsable({ api, accountId, signal }: Build, source: SourceOmi): Promise<boolean> {
  const { Snapshots } = await api.readSnapshots({ Filters: { SnapshotIds: [source.rootSnapshotId] } }, { signal });
  const snapshot = Snapshots[0];
  if (snapshot === undefined) return false;
  if (snapshot.State === "error") {
    throw new WaitError(`The root snapshot ${snapshot.SnapshotId} of ${source.image.ImageId} is in the state "error"`, {
      resourceId: snapshot.SnapshotId,
      lastState: snapshot.State,
      hint: "Choose another source OMI",
    });
  }
  if (snapshot.AccountId === accountId) return true;
  const shared = snapshot.PermissionsToCreateVolume;
  return shared?.GlobalPermission === true || shared?.AccountIds?.includes(accountId) === true;
}

const LONGEST_NAME = 128;

/** A name within the API's alphabet and length that no other build uses. */
export function copyName(sourceName: string, runId: string): string {
  const suffix = `-copy-${runId}`;
  return sourceName.replace(/[^A-Za-z0-9_ ()/.-]/g, "-").slice(0, LONGEST_NAME - suffix.length) + suffix;
}
