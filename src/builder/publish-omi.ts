import { messageOf, throwIfCancelled } from "../common/errors.ts";
import type { Image } from "../outscale/oapi.ts";
import type { Build } from "./build.ts";
import { readOwnSnapshots, settleOldSnapshots } from "./old-snapshots.ts";
import { omiMappings } from "./omi-mappings.ts";
import { markProduct, type ProductMark } from "./product-tags.ts";
import { snapshotIdsOf } from "./resources/image.ts";
import type { Lease, Scope } from "./scope.ts";
import type { UsableSource } from "./steps/copy-source-omi.ts";
import { createOmi, type OmiParts } from "./steps/create-omi.ts";
import { tagOmi } from "./steps/create-tags.ts";
import { deregisterOmi } from "./steps/deregister-omi.ts";
import { updateOmiAttributes } from "./steps/update-omi-attributes.ts";
import { rehearsalName } from "./temporary-names.ts";

/** The same OMI in another region, where another account has it. */
export interface ProductCopy {
  readonly region: string;
  readonly accountId: string;
  readonly imageId: string;
  /** That account's snapshots that it maps. */
  readonly snapshotIds: readonly string[];
  /** It was there before this build: `skip_unchanged`. */
  readonly isReused?: boolean;
}

/** The OMI that a build leaves in the account. */
export interface Product {
  readonly imageId: string;
  readonly name: string;
  /** The account's own snapshots that it maps. */
  readonly snapshotIds: readonly string[];
  /** Those of them that were there before this build, such as the data disks of its source. */
  readonly olderSnapshotIds?: readonly string[];
  /** It was there before, made of the same: `skip_unchanged`. */
  readonly isReused?: boolean;
  /** `omi_regions`: those that this build has made. */
  readonly copies?: readonly ProductCopy[];
}

interface PublishOmiInput {
  readonly omiName: string;
  readonly parts: OmiParts & { readonly source: UsableSource | undefined };
  /** The account's own OMI of that name, which has to go. */
  readonly replaced: Image | undefined;
  readonly undo: Scope;
  /** What the next build is to find it by; undefined when nobody asked for it. */
  readonly mark?: ProductMark | undefined;
}

/**
 * Registers the OMI under its name, as the last thing that can fail. Names are unique and cannot be changed, so a
 * replacement is rehearsed first under a name of its own: what may go wrong goes wrong while the old OMI still stands.
 */
export async function publishOmi(build: Build, input: PublishOmiInput): Promise<Product> {
  const { omiName, parts, replaced, undo, mark } = input;
  const ownSnapshotIds = await findOwnSnapshots(build, parts);
  const publish = (name: string) => publishUnder(build, { name, parts, ownSnapshotIds, undo });
  let omi: Lease;
  await build.mayPublish?.();
  let deregistered: Image | undefined;
  if (replaced === undefined) {
    omi = await publish(omiName);
  } else {
    const rehearsal = await publish(rehearsalName(omiName, build.runId));
    await build.mayPublish?.();
    deregistered = await deregisterOmi(build, { name: omiName, successorSnapshotId: parts.snapshotId, undo });
    omi = await publish(omiName);
    await rehearsal.release();
  }
  // The last moment at which a cancelled build can still take everything back.
  throwIfCancelled(build.signal);
  // An OMI without the tag is a product: no journal calls it anything else from here on.
  undo.keep();
  await build.runTags.remove([omi.id, parts.snapshotId]).catch((error) => {
    build.warn(`The OMI ${omi.id} still carries the tag of this run: ${messageOf(error)}`);
  });
  build.ui.say(`The OMI ${omi.id} is ready`);
  if (mark !== undefined) await markProduct(build, omi.id, mark);
  if (deregistered !== undefined) {
    const old = { replaced: deregistered, kept: ownSnapshotIds };
    const areDeleted = build.config.forceDeleteSnapshot;
    await settleOldSnapshots(build, { ...old, areDeleted, option: "force_delete_snapshot" });
  }
  const made = [parts.snapshotId, ...(parts.source?.madeSnapshotIds ?? [])];
  const olderSnapshotIds = ownSnapshotIds.filter((id) => !made.includes(id));
  const older = olderSnapshotIds.length > 0 && { olderSnapshotIds };
  return { imageId: omi.id, name: omiName, snapshotIds: ownSnapshotIds, ...older };
}

/** An OMI that was made before, as this build's product. */
export async function reuseOmi(build: Build, image: Image): Promise<Product> {
  const snapshotIds = await readOwnSnapshots(build, [...new Set(snapshotIdsOf(image))]);
  return { imageId: image.ImageId, name: image.ImageName, snapshotIds, isReused: true };
}

interface PublishUnderInput {
  readonly name: string;
  readonly parts: OmiParts;
  readonly ownSnapshotIds: readonly string[];
  readonly undo: Scope;
}

async function publishUnder(build: Build, { name, parts, ownSnapshotIds, undo }: PublishUnderInput): Promise<Lease> {
  const omi = await createOmi(build, { name, parts, undo });
  await updateOmiAttributes(build, { imageId: omi.id, snapshotId: parts.snapshotId });
  await tagOmi(build, { imageId: omi.id, snapshotIds: ownSnapshotIds, source: parts.source });
  return omi;
}

/** Which of the snapshots that the OMI will map are the account's own: others are neither tagged nor ever deleted. */
async function findOwnSnapshots(build: Build, parts: OmiParts): Promise<string[]> {
  const mappings = omiMappings(build.config, parts);
  return readOwnSnapshots(build, [...new Set(snapshotIdsOf({ BlockDeviceMappings: mappings }))]);
}
