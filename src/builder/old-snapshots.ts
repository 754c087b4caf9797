import { messageOf } from "../common/errors.ts";
import type { Image } from "../outscale/oapi.ts";
import type { Build } from "./build.ts";
import { snapshotIdsOf } from "./resources/image.ts";
import { deleteSnapshot } from "./resources/snapshot.ts";

/** What becomes of the snapshots of an OMI that was replaced: with `force_delete_snapshot` they go. */
export async function settleOldSnapshots(
  build: Build,
  replaced: Image,
  ownSnapshotIds: readonly string[],
): Promise<void> {
  if (build.config.forceDeleteSnapshot) await deleteSnapshotsOf(build, replaced);
  else tellOfSnapshots(build, replaced, ownSnapshotIds);
}

/** Those of the snapshots that are the account's own. */
export async function readOwnSnapshots({ api, accountId, signal }: Build, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const { Snapshots } = await api.readSnapshots(
    { Filters: { SnapshotIds: [...ids], AccountIds: [accountId] } },
    { signal },
  );
  return Snapshots.filter(({ AccountId }) => AccountId === accountId).map(({ SnapshotId }) => SnapshotId);
}

/** Whoever replaces an OMI every night would otherwise learn of its snapshots from the bill. */
function tellOfSnapshots({ ui }: Build, replaced: Image, ownSnapshotIds: readonly string[]): void {
  const left = [...new Set(snapshotIdsOf(replaced))].filter((id) => !ownSnapshotIds.includes(id));
  if (left.length === 0) return;
  const them = left.length === 1 ? "The old OMI's snapshot stays" : "The old OMI's snapshots stay";
  ui.message(`${them}: ${left.join(", ")}. With force_delete_snapshot = true it would go, too`);
}

/**
 * `force_delete_snapshot`: the replaced OMI's own snapshots, unless an image still maps them. The new OMI stands, so
 * nothing that goes wrong here is a failure of the build.
 */
async function deleteSnapshotsOf(build: Build, replaced: Image): Promise<void> {
  const { api, ui, signal } = build;
  try {
    for (const snapshotId of await readOwnSnapshots(build, [...new Set(snapshotIdsOf(replaced))])) {
      const { Images } = await api.readImages({ Filters: { BlockDeviceMappingSnapshotIds: [snapshotId] } }, { signal });
      const user = Images.find((image) => image.ImageId !== replaced.ImageId);
      if (user !== undefined) {
        ui.message(`Keeping the old snapshot ${snapshotId}: ${user.ImageId} uses it`);
        continue;
      }
      await deleteSnapshot(build, snapshotId);
      ui.message(`Deleted the old snapshot ${snapshotId}`);
    }
  } catch (error) {
    build.warn(`The old snapshots of ${replaced.ImageId} were not all deleted: ${messageOf(error)}`);
  }
}
