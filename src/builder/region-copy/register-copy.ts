import type { Api, CallRequest } from "../../outscale/api.ts";
import { apiFailureOf, isAmbiguous, WaitError } from "../../outscale/errors.ts";
import { type Image, isBootMode, type ResourceTag } from "../../outscale/oapi.ts";
import { additions, type Permissions } from "../permissions.ts";
import type { RunContext } from "../run-context.ts";
import { createTags, RunTags } from "../run-tags.ts";
import type { Lease } from "../scope.ts";
import type { ImportedDisks, ImportInput } from "./import-image.ts";
import { regionImageKind } from "./region-kinds.ts";

/** What the OMI of a region is to be. */
export interface CopyLook {
  /** What it says of itself: architecture, boot modes, TPM, product codes, disks. */
  readonly like: ImageLook;
  readonly name: string;
  readonly description: string | undefined;
  readonly tags: readonly ResourceTag[];
  /** Of the snapshot that is for a device. */
  readonly snapshotTags: ReadonlyMap<string, readonly ResourceTag[]>;
  readonly launch: Permissions;
  /** To create volumes of the root's snapshot. */
  readonly createVolume: Permissions;
}

export type ImageLook = Pick<
  Image,
  "Architecture" | "BlockDeviceMappings" | "BootModes" | "ProductCodes" | "RootDeviceName" | "TpmMandatory"
>;

/** The OMI of a region that is whole. */
export interface RegisteredCopy {
  readonly imageId: string;
  readonly snapshotIds: readonly string[];
  /** What is not as it is in the region it comes from, and nobody can mend. */
  readonly differences: readonly string[];
}

/**
 * Registers the OMI over imported snapshots, under its own name: the last thing that can fail. When anything does, the
 * scope takes it back: nothing half-made keeps a published name.
 */
export async function registerCopy(
  context: RunContext,
  { target, undo }: ImportInput,
  { disks, look }: { readonly disks: ImportedDisks; readonly look: CopyLook },
): Promise<RegisteredCopy> {
  const { api, waiters, place } = target;
  const { signal, ui } = context;
  const request = copyRequest(look, disks);
  const rootSnapshotId = rootSnapshotOf(look.like, disks);
  const thing = { name: look.name, rootSnapshotId };
  const lease: Lease = await undo.acquire(regionImageKind, { place, thing }, async () => {
    return (await api.createImage(request)).Image.ImageId;
  });
  const runTags = new RunTags({ ...context, api }, (message) => ui.warn(message));
  await runTags.add(lease.id);
  const registered = await waiters.image(lease.id, { until: "available", signal });
  const image = await mendProductCodes(api, registered, look.like);
  await grant(api, { imageId: lease.id, rootSnapshotId, look });
  await tag({ ...context, api }, { imageId: lease.id, disks, look });
  await runTags.remove([lease.id]);
  return { imageId: lease.id, snapshotIds: [...new Set(disks.values())], differences: differencesOf(image, look.like) };
}

/** What an OMI says of itself, over other snapshots. A disk that has none is an empty one. */
export function copyRequest(
  { like, name, description }: Pick<CopyLook, "like" | "name" | "description">,
  disks: ImportedDisks,
): CallRequest<"CreateImage"> {
  const bootModes = (like.BootModes ?? []).filter(isBootMode);
  return {
    ImageName: name,
    Architecture: like.Architecture ?? "x86_64",
    RootDeviceName: rootDeviceOf(like),
    BlockDeviceMappings: like.BlockDeviceMappings.map(({ Bsu, ...mapping }) => {
      if (Bsu?.SnapshotId === undefined) return { ...mapping, ...(Bsu && { Bsu }) };
      const SnapshotId = disks.get(mapping.DeviceName);
      if (SnapshotId === undefined) throw noDisk(mapping.DeviceName);
      const { Iops, ...rest } = Bsu;
      // Only io1 takes it: what the service answers for the others, it refuses to be asked for.
      return { ...mapping, Bsu: { ...rest, SnapshotId, ...(Bsu.VolumeType === "io1" && { Iops }) } };
    }),
    ...(description && { Description: description }),
    ...(bootModes.length > 0 && { BootModes: bootModes }),
    ...(like.TpmMandatory !== undefined && { TpmMandatory: like.TpmMandatory }),
    ...(like.ProductCodes && like.ProductCodes.length > 0 && { ProductCodes: [...like.ProductCodes] }),
  };
}

/**
 * The imported snapshot that the root of a copy is made of.
 * @throws {WaitError} when none was imported for the root device
 */
export function rootSnapshotOf(like: Pick<ImageLook, "RootDeviceName">, disks: ImportedDisks): string {
  const rootDevice = rootDeviceOf(like);
  const snapshotId = disks.get(rootDevice);
  if (snapshotId === undefined) throw noDisk(rootDevice);
  return snapshotId;
}

/** Where the service names no root device, it is the one that it takes by itself. */
export function rootDeviceOf({ RootDeviceName }: Pick<ImageLook, "RootDeviceName">): string {
  return RootDeviceName || "/dev/sda1";
}

function noDisk(device: string): WaitError {
  return new WaitError(`Nothing was imported for ${device}`, {
    resourceId: device,
    lastState: "absent",
    hint: "Look whether the manifest names it",
  });
}

async function mendProductCodes(api: Pick<Api, "updateImage">, image: Image, like: ImageLook): Promise<Image> {
  if (isSame(image.ProductCodes, like.ProductCodes)) return image;
  try {
    return (await api.updateImage({ ImageId: image.ImageId, ProductCodes: [...(like.ProductCodes ?? [])] })).Image;
  } catch (error) {
    if (apiFailureOf(error) === undefined || isAmbiguous(error)) throw error;
    return image; // it may not have them there: that is told
  }
}

/** What is not as it was, in words. */
export function differencesOf(image: ImageLook, like: ImageLook): readonly string[] {
  const compared = [
    ["boot modes", image.BootModes, like.BootModes],
    ["product codes", image.ProductCodes, like.ProductCodes],
    ["TPM", [String(image.TpmMandatory ?? false)], [String(like.TpmMandatory ?? false)]],
    ["architecture", [image.Architecture ?? "x86_64"], [like.Architecture ?? "x86_64"]],
  ] as const;
  return compared.flatMap(([what, now, before]) =>
    isSame(now, before) ? [] : [`${what}: ${listed(now)} in place of ${listed(before)}`],
  );
}

function isSame(some: readonly string[] = [], others: readonly string[] = []): boolean {
  return listed(some) === listed(others);
}

function listed(words: readonly string[] = []): string {
  return words.length === 0 ? "none" : [...words].sort().join(", ");
}

interface GrantInput {
  readonly imageId: string;
  readonly rootSnapshotId: string;
  readonly look: Pick<CopyLook, "launch" | "createVolume">;
}

async function grant(api: Pick<Api, "updateImage" | "updateSnapshot">, input: GrantInput): Promise<void> {
  const { imageId, rootSnapshotId, look } = input;
  const [launch, createVolume] = [additions(look.launch), additions(look.createVolume)];
  if (launch) await api.updateImage({ ImageId: imageId, PermissionsToLaunch: { Additions: launch } });
  if (createVolume) {
    const PermissionsToCreateVolume = { Additions: createVolume };
    await api.updateSnapshot({ SnapshotId: rootSnapshotId, PermissionsToCreateVolume });
  }
}

interface TagInput {
  readonly imageId: string;
  readonly disks: ImportedDisks;
  readonly look: Pick<CopyLook, "tags" | "snapshotTags">;
}

async function tag(cloud: Pick<RunContext, "api" | "clock" | "signal">, input: TagInput): Promise<void> {
  const { imageId, disks, look } = input;
  await createTags(cloud, [imageId], look.tags);
  for (const [device, snapshotId] of disks) await createTags(cloud, [snapshotId], look.snapshotTags.get(device) ?? []);
}
