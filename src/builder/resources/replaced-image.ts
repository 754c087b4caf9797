import { z } from "zod";
import { LeftoverError, throwIfCancelled } from "../../common/errors.ts";
import type { Image } from "../../outscale/oapi.ts";
import { isBootMode } from "../../outscale/oapi.ts";
import { NOT_BEGUN_MS } from "../../outscale/unseen.ts";
import { hurriedDeadline } from "../release-deadline.ts";
import { noFacts, type ReleaseContext, type ResourceKind } from "../resource-kind.ts";
import type { RunContext } from "../run-context.ts";
import { deleteImage, findOwnImage, snapshotIdsOf } from "./image.ts";

const mapping = z.strictObject({
  deviceName: z.string().min(1),
  virtualDeviceName: z.string().nullable(),
  snapshotId: z.string().nullable(),
  sizeGib: z.number().nullable(),
  type: z.string().nullable(),
  iops: z.number().nullable(),
  deleteOnVmDeletion: z.boolean().nullable(),
});

/**
 * An OMI that is about to be replaced: all that is needed to register it again over its untouched snapshots. Names
 * are unique, so between its deletion and the registration of its successor nobody has the name.
 */
const intent = z.strictObject({
  imageId: z.string().min(1),
  name: z.string().min(1),
  /** The root snapshot of the OMI that takes its name. */
  successorSnapshotId: z.string().min(1),
  description: z.string().nullable(),
  architecture: z.string().nullable(),
  rootDeviceName: z.string().nullable(),
  mappings: z.array(mapping),
  bootModes: z.array(z.string()),
  tpmMandatory: z.boolean().nullable(),
  productCodes: z.array(z.string()),
  launchAccountIds: z.array(z.string()),
  isPublic: z.boolean(),
  tags: z.array(z.strictObject({ key: z.string(), value: z.string() })),
});

type Mapping = z.infer<typeof mapping>;
export type ReplacedImageIntent = z.infer<typeof intent>;

export const replacedImageKind: ResourceKind<ReplacedImageIntent, z.infer<typeof noFacts>> = {
  name: "replaced-image",
  intent,
  facts: noFacts,
  releaseLabel: (id, { name }) => `Making sure that the OMI ${name} (${id}) exists again`,
  find: async (_context, { imageId }) => imageId,
  release: async (context, { intent: old }) => {
    const present = await findSettled(context, old);
    if (present !== undefined && !isRegisteredAgain(present, old)) {
      assertNotSuccessor(present, old);
      return; // it never went, or somebody else has taken the name
    }
    const imageId = present?.ImageId ?? (await registerAgain(context, old));
    await restoreAccess(context, imageId, old);
    context.ui.warn(
      `The OMI ${old.name} was registered again over its old snapshots: it is ${imageId} now, and was ${old.imageId}`,
    );
  },
};

/**
 * Deletes the OMI that gives way, which the journal names already; its copy, too, before anything is deleted. Once that is asked
 * for, it is waited for, although the user wishes to stop: of one that is still listed nobody could say whether it stays.
 * @throws {CancelledError} when the user has wished so before
 */
export async function deleteReplaced(
  context: Pick<RunContext, "api" | "waiters" | "journal" | "ui" | "signal" | "hurry">,
  imageId: string,
): Promise<void> {
  await context.journal.copied();
  throwIfCancelled(context.signal);
  using deadline = hurriedDeadline(context.hurry);
  await deleteImage({ ...context, signal: deadline.signal }, imageId);
}

const POLL_MS = 1_000;

/**
 * What has the name, once that will stay so: an OMI whose deletion was accepted, by a run that was killed then, is still listed
 * for a moment, as if nothing had happened to it.
 */
async function findSettled(
  context: ReleaseContext,
  { imageId, name }: ReplacedImageIntent,
): Promise<Image | undefined> {
  const { clock, signal, ui } = context;
  const until = clock.now() + NOT_BEGUN_MS;
  for (let isTold = false; ; isTold = true) {
    const present = await findOwnImage(context, name);
    if (present?.ImageId !== imageId) return present;
    if (present.State !== "deleting" && clock.now() >= until) return present;
    if (!isTold) ui.message(`The OMI ${imageId} (${name}) is still listed: looking whether it stays...`);
    await clock.sleep(POLL_MS, signal);
  }
}

/** An earlier try got so far. */
function isRegisteredAgain(present: Image, old: ReplacedImageIntent): boolean {
  const snapshotIds = old.mappings.flatMap(({ snapshotId }) => snapshotId ?? []);
  return present.ImageId !== old.imageId && snapshotIdsOf(present).toSorted().join() === snapshotIds.toSorted().join();
}

function assertNotSuccessor(present: Image, { name, imageId, successorSnapshotId }: ReplacedImageIntent): void {
  if (!snapshotIdsOf(present).includes(successorSnapshotId)) return;
  throw new LeftoverError(`The OMI ${name} (${imageId}) cannot come back: ${present.ImageId} still has its name`, {
    leftovers: [`OMI ${present.ImageId} (${name})`],
    resourceId: present.ImageId,
  });
}

/** Everything about an image that a registration can bring back. */
export function describeImage(image: Image, successorSnapshotId: string): ReplacedImageIntent {
  return {
    imageId: image.ImageId,
    name: image.ImageName,
    successorSnapshotId,
    description: image.Description ?? null,
    architecture: image.Architecture ?? null,
    rootDeviceName: image.RootDeviceName ?? null,
    mappings: image.BlockDeviceMappings.map(({ DeviceName, VirtualDeviceName, Bsu }) => ({
      deviceName: DeviceName,
      virtualDeviceName: VirtualDeviceName ?? null,
      snapshotId: Bsu?.SnapshotId ?? null,
      sizeGib: Bsu?.VolumeSize ?? null,
      type: Bsu?.VolumeType ?? null,
      iops: Bsu?.Iops ?? null,
      deleteOnVmDeletion: Bsu?.DeleteOnVmDeletion ?? null,
    })),
    bootModes: image.BootModes ?? [],
    tpmMandatory: image.TpmMandatory ?? null,
    productCodes: image.ProductCodes ?? [],
    launchAccountIds: image.PermissionsToLaunch?.AccountIds ?? [],
    isPublic: image.PermissionsToLaunch?.GlobalPermission ?? false,
    tags: image.Tags.map(({ Key, Value }) => ({ key: Key, value: Value })),
  };
}

async function registerAgain({ api }: ReleaseContext, old: ReplacedImageIntent): Promise<string> {
  const { Image: image } = await api.createImage({
    ImageName: old.name,
    BlockDeviceMappings: old.mappings.map(mappingRequest),
    ...(old.description && { Description: old.description }),
    ...(old.architecture && { Architecture: old.architecture }),
    ...(old.rootDeviceName && { RootDeviceName: old.rootDeviceName }),
    ...(old.bootModes.length > 0 && { BootModes: old.bootModes.filter(isBootMode) }),
    ...(old.tpmMandatory !== null && { TpmMandatory: old.tpmMandatory }),
    ...(old.productCodes.length > 0 && { ProductCodes: [...old.productCodes] }),
  });
  return image.ImageId;
}

/** Permissions and tags, once the image is available. All of it can be done twice. */
async function restoreAccess(
  { api, waiters, signal }: ReleaseContext,
  imageId: string,
  old: ReplacedImageIntent,
): Promise<void> {
  await waiters.image(imageId, { until: "available", signal });
  if (old.launchAccountIds.length > 0 || old.isPublic) {
    const additions = {
      ...(old.launchAccountIds.length > 0 && { AccountIds: [...old.launchAccountIds] }),
      ...(old.isPublic && { GlobalPermission: true }),
    };
    await api.updateImage({ ImageId: imageId, PermissionsToLaunch: { Additions: additions } });
  }
  if (old.tags.length > 0) {
    const tags = old.tags.map(({ key, value }) => ({ Key: key, Value: value }));
    await api.createTags({ ResourceIds: [imageId], Tags: tags });
  }
}

function mappingRequest(mapping: Mapping) {
  const { deviceName, virtualDeviceName, snapshotId, sizeGib, type, iops, deleteOnVmDeletion } = mapping;
  const bsu = {
    ...(snapshotId !== null && { SnapshotId: snapshotId }),
    ...(sizeGib !== null && { VolumeSize: sizeGib }),
    ...(type !== null && { VolumeType: type }),
    ...(type === "io1" && iops !== null && { Iops: iops }),
    ...(deleteOnVmDeletion !== null && { DeleteOnVmDeletion: deleteOnVmDeletion }),
  };
  return {
    DeviceName: deviceName,
    ...(virtualDeviceName !== null && { VirtualDeviceName: virtualDeviceName }),
    ...(Object.keys(bsu).length > 0 && { Bsu: bsu }),
  };
}
