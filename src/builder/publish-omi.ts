import { messageOf, throwIfCancelled } from "../common/errors.ts";
import type { Image } from "../outscale/oapi.ts";
import type { Build } from "./build.ts";
import { rehearsalName } from "./omi-name.ts";
import { snapshotIdsOf } from "./resources/image.ts";
import { deleteSnapshot } from "./resources/snapshot.ts";
import { removeRunTag } from "./run-tag.ts";
import type { Lease, Scope } from "./scope.ts";
import { createOmi, type OmiParts, registerRequest } from "./steps/create-omi.ts";
import { tagOmi } from "./steps/create-tags.ts";
import { deregisterOmi } from "./steps/deregister-omi.ts";
import { updateOmiAttributes } from "./steps/update-omi-attributes.ts";

/** The OMI that a build leaves in the account. */
export interface Product {
  readonly imageId: string;
  readonly name: string;
  /** The account's own snapshots that it maps. */
  readonly snapshotIds: readonly string[];
}

interface PublishOmiInput {
  readonly omiName: string;
  readonly parts: OmiParts;
  /** The account's own OMI of that name, which has to go. */
  readonly replaced: Image | undefined;
  readonly undo: Scope;
}

/**
 * Registers the OMI under its name, as the last thing that can fail. Names are unique and cannot be changed, so a
 * replacement is rehearsed first under a name of its own: what may go wrong goes wrong while the old OMI still stands.
 */
export async function publishOmi(build: Build, { omiName, parts, replaced, undo }: PublishOmiInput): Promise<Product> {
  const ownSnapshotIds = await findOwnSnapshots(build, omiName, parts);
  const register = (name: string) => registerOmi(build, { name, parts, ownSnapshotIds, undo });
  let omi: Lease;
  let deregistered: Image | undefined;
  if (replaced === undefined) {
    omi = await register(omiName);
  } else {
    const rehearsal = await register(rehearsalName(omiName, build.runId));
    deregistered = await deregisterOmi(build, { name: omiName, successorSnapshotId: parts.snapshotId, undo });
    omi = await register(omiName);
    await rehearsal.release();
  }
  // The last moment at which a cancelled build can still take everything back.
  throwIfCancelled(build.signal);
  await removeRunTag(build, [omi.id, parts.snapshotId]).catch((error) => {
    build.warn(`The OMI ${omi.id} still carries the tag of this run: ${messageOf(error)}`);
  });
  undo.keep();
  if (deregistered !== undefined && build.config.forceDeleteSnapshot) await deleteSnapshotsOf(build, deregistered);
  return { imageId: omi.id, name: omiName, snapshotIds: ownSnapshotIds };
}

interface RegisterOmiInput {
  readonly name: string;
  readonly parts: OmiParts;
  readonly ownSnapshotIds: readonly string[];
  readonly undo: Scope;
}

async function registerOmi(build: Build, { name, parts, ownSnapshotIds, undo }: RegisterOmiInput): Promise<Lease> {
  const omi = await createOmi(build, { name, parts, undo });
  await updateOmiAttributes(build, { imageId: omi.id, snapshotId: parts.snapshotId });
  await tagOmi(build, { imageId: omi.id, snapshotIds: ownSnapshotIds, source: parts.source });
  return omi;
}

/** Which of the snapshots that the OMI will map are the account's own: others are neither tagged nor ever deleted. */
async function findOwnSnapshots(build: Build, name: string, parts: OmiParts): Promise<string[]> {
  const { BlockDeviceMappings = [] } = registerRequest(build.config, { name, description: undefined, parts });
  const ids = [...new Set(snapshotIdsOf({ BlockDeviceMappings }))];
  return readOwnSnapshots(build, ids);
}

async function readOwnSnapshots({ api, accountId, signal }: Build, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const { Snapshots } = await api.readSnapshots(
    { Filters: { SnapshotIds: [...ids], AccountIds: [accountId] } },
    { signal },
  );
  return Snapshots.filter(({ AccountId }) => AccountId === accountId).map(({ SnapshotId }) => SnapshotId);
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
