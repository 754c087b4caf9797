import { messageOf } from "../common/errors.ts";
import type { Image } from "../outscale/oapi.ts";
import { snapshotIdsOf } from "./resources/image.ts";
import { deleteSnapshot } from "./resources/snapshot.ts";
import type { RunContext } from "./run-context.ts";

/** An account whose OMI was replaced. */
type Account = Pick<RunContext, "accountId" | "api" | "signal" | "ui"> & { warn(message: string): void };

export interface OldSnapshots {
  readonly replaced: Image;
  /** What its successor maps. */
  readonly kept: readonly string[];
  /** They go. */
  readonly areDeleted: boolean;
  /** What has them deleted, as the user knows it: `force_delete_snapshot`. */
  readonly option: string;
}

/** What becomes of the snapshots of an OMI that was replaced. */
export async function settleOldSnapshots(account: Account, old: OldSnapshots): Promise<void> {
  if (old.areDeleted) await deleteSnapshotsOf(account, old.replaced);
  else tellOfSnapshots(account, old);
}

/** Those of the snapshots that are the account's own. */
export async function readOwnSnapshots(
  { api, accountId, signal }: Pick<Account, "api" | "accountId" | "signal">,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const { Snapshots } = await api.readSnapshots(
    { Filters: { SnapshotIds: [...ids], AccountIds: [accountId] } },
    { signal },
  );
  return Snapshots.filter(({ AccountId }) => AccountId === accountId).map(({ SnapshotId }) => SnapshotId);
}

/** Whoever replaces an OMI every night would otherwise learn of its snapshots from the bill. */
function tellOfSnapshots({ ui }: Pick<Account, "ui">, { replaced, kept, option }: OldSnapshots): void {
  const left = [...new Set(snapshotIdsOf(replaced))].filter((id) => !kept.includes(id));
  if (left.length === 0) return;
  const [stay, they] =
    left.length === 1 ? ["The old OMI's snapshot stays", "it"] : ["The old OMI's snapshots stay", "they"];
  ui.message(`${stay}: ${left.join(", ")}. With ${option} ${they} would go, too`);
}

/**
 * The replaced OMI's own snapshots, unless an image still maps them. The new OMI stands, so
 * nothing that goes wrong here is a failure of the build.
 */
async function deleteSnapshotsOf(account: Account, replaced: Image): Promise<void> {
  const { api, ui, signal } = account;
  try {
    for (const snapshotId of await readOwnSnapshots(account, [...new Set(snapshotIdsOf(replaced))])) {
      const { Images } = await api.readImages({ Filters: { BlockDeviceMappingSnapshotIds: [snapshotId] } }, { signal });
      const user = Images.find((image) => image.ImageId !== replaced.ImageId);
      if (user !== undefined) {
        ui.message(`Keeping the old snapshot ${snapshotId}: ${user.ImageId} uses it`);
        continue;
      }
      await deleteSnapshot(account, snapshotId);
      ui.message(`Deleted the old snapshot ${snapshotId}`);
    }
  } catch (error) {
    account.warn(`The old snapshots of ${replaced.ImageId} were not all deleted: ${messageOf(error)}`);
  }
}
