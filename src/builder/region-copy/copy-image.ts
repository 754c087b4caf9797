import { CancelledError, UsageError } from "../../common/errors.ts";
import type { Image } from "../../outscale/oapi.ts";
import type { WaitProgress } from "../../outscale/wait-for.ts";
import { type OldSnapshots, settleOldSnapshots } from "../old-snapshots.ts";
import type { RunContext } from "../run-context.ts";
import { Scope } from "../scope.ts";
import { exportImage, exportSnapshots, importUrl, type TransferMethod } from "./export-image.ts";
import { type DiskToImport, type ImportInput, importByManifest, importSnapshots } from "./import-image.ts";
import { type BucketInput, ensureBucket } from "./open-bucket.ts";
import type { RegionCloud } from "./region-clouds.ts";
import { type CopyLook, registerCopy } from "./register-copy.ts";
import { makeRoom } from "./replace-copy.ts";

export interface CopyTarget {
  readonly cloud: RegionCloud;
  /** What the OMI is to be there, besides what the source says of itself. */
  readonly look: Omit<CopyLook, "like">;
  /** Puts on the copy what a build finds it by, as soon as it stands. It warns where it cannot, and throws nothing. */
  readonly mark?: ((imageId: string) => Promise<void>) | undefined;
  /** The account's own OMI that has the name there: it gives way when nothing is left to do but the registration. */
  readonly replaced: Image | undefined;
}

export interface CopyImageInput extends BucketInput {
  /** What the bucket was found to be a moment ago; it is asked about when absent. */
  readonly bucketSeen?: "found" | "absent" | undefined;
  /** An OMI of the account's own: the service exports no other. */
  readonly image: Image;
  /** One a region. */
  readonly targets: readonly CopyTarget[];
  readonly method: TransferMethod;
  /** See {@link attemptId}. */
  readonly attempt?: number | undefined;
  /** Leaves the exported objects in the bucket. */
  readonly keepObjects: boolean;
  /** What becomes of the snapshots of an OMI that gave way. */
  readonly oldSnapshots: Pick<OldSnapshots, "areDeleted" | "option">;
  /** Told of what went wrong when a copy stood already. */
  warn(message: string): void;
  /** Told how the waits go; `subject` is `the export of ami-1a2b3c4d` or `the import into us-east-2`. */
  readonly onProgress?: ((subject: string, progress: WaitProgress) => void) | undefined;
}

/** What became of the copy for one region. */
export type RegionCopy = { readonly region: string; readonly accountId: string } & (
  | {
      readonly outcome: "copied";
      readonly imageId: string;
      readonly name: string;
      readonly snapshotIds: readonly string[];
      /** What is not as in the source: `boot modes: legacy in place of uefi`. */
      readonly differences: readonly string[];
    }
  | {
      readonly outcome: "failed" | "cancelled";
      readonly error: unknown;
      /** Something that was made there could not be taken back: `cleanup` tries again. */
      readonly isSomethingLeft: boolean;
    }
);

/**
 * Copies an image into other regions: exported once, imported into all of them at the same time. One that fails leaves the
 * others; what it had made there is taken back. The exported objects go when the last import is over.
 * @throws when nothing could be exported: then there is nothing anywhere
 */
export async function copyImage(context: RunContext, input: CopyImageInput): Promise<readonly RegionCopy[]> {
  if (input.method === "snapshots") await requireFreeCodes(input.image);
  await using exports = new Scope("export", context, { onFailure: "warn" });
  await ensureBucket(context, exports, { ...input, seen: input.bucketSeen });
  const importInto = await exportFor(context, exports, input);
  const copies = await Promise.all(input.targets.map((target) => copyTo(context, input, { target, importInto })));
  if (input.keepObjects) exports.keep();
  return copies;
}

/** Brings the disks of the exported image into a region. */
type ImportInto = (input: ImportInput, name: string) => Promise<ReadonlyMap<string, string>>;

async function exportFor(context: RunContext, scope: Scope, input: CopyImageInput): Promise<ImportInto> {
  const { source, image, method } = input;
  const how = { ...input, scope, format: "qcow2" } as const;
  if (method === "image") {
    const { manifest } = await exportImage(context, how);
    return async (there, name) =>
      (await importByManifest(context, there, { url: importUrl(source, manifest), name })).disks;
  }
  const exported = await exportSnapshots(context, how);
  const sizes = await sizesOf(context, input);
  return (there) => {
    const disks = exported.map(({ snapshotId, disk }): DiskToImport => {
      const mappings = image.BlockDeviceMappings.filter(({ Bsu }) => Bsu?.SnapshotId === snapshotId);
      const sizeGib = sizes.get(snapshotId) ?? 0;
      return { url: importUrl(source, disk), sizeGib, devices: mappings.map(({ DeviceName }) => DeviceName) };
    });
    return importSnapshots(context, there, disks);
  };
}

/** A snapshot may be smaller than the volumes that an image has made of it. */
async function sizesOf(
  { signal }: RunContext,
  { source, image }: Pick<CopyImageInput, "source" | "image">,
): Promise<ReadonlyMap<string, number>> {
  const SnapshotIds = image.BlockDeviceMappings.flatMap(({ Bsu }) => Bsu?.SnapshotId ?? []);
  const { Snapshots } = await source.api.readSnapshots({ Filters: { SnapshotIds } }, { signal });
  return new Map(Snapshots.map(({ SnapshotId, VolumeSize }) => [SnapshotId, VolumeSize]));
}

/** Linux and the like, which costs nothing. */
const FREE_CODES = ["0001"];

/**
 * Whether an image may leave its region disk by disk.
 * @throws {UsageError} when it has product codes, which an export of the whole image alone carries along
 */
export async function requireFreeCodes(image: Pick<Image, "ImageId" | "ProductCodes">): Promise<void> {
  const { ImageId, ProductCodes = [] } = image;
  const others = ProductCodes.filter((code) => !FREE_CODES.includes(code));
  if (others.length === 0) return;
  throw new UsageError(`${ImageId} has the product code ${others.join(", ")}, which its snapshots do not carry along`, {
    hint: "Copy it as a whole image, which is the default",
  });
}

async function copyTo(
  context: RunContext,
  input: CopyImageInput,
  { target, importInto }: { readonly target: CopyTarget; readonly importInto: ImportInto },
): Promise<RegionCopy> {
  const { image, attempt, onProgress } = input;
  const { cloud, look, replaced } = target;
  const { place } = cloud;
  const { region, accountId } = place;
  const undo = new Scope(`copy to ${region}`, context, { onFailure: "warn" });
  try {
    const subject = `the import into ${region}`;
    const there: ImportInput = {
      target: cloud,
      undo,
      attempt,
      onProgress: (progress) => onProgress?.(subject, progress),
    };
    const { name } = look;
    const disks = await importInto(there, name);
    const deregistered = replaced && (await makeRoom(context, { cloud, undo, disks, image, name }));
    const copy = await registerCopy(context, there, { disks, look: { ...look, like: image } });
    undo.keep();
    await target.mark?.(copy.imageId);
    context.ui.say(`The OMI ${copy.imageId} is ready in ${region}`);
    if (deregistered !== undefined)
      await settleReplaced(context, input, { cloud, replaced: deregistered, kept: copy.snapshotIds });
    return { region, accountId, outcome: "copied", name, ...copy };
  } catch (error) {
    await undo[Symbol.asyncDispose]();
    const { isSomethingLeft } = undo;
    const outcome = error instanceof CancelledError ? "cancelled" : "failed";
    return { region, accountId, outcome, error, isSomethingLeft };
  }
}

interface ReplacedInput {
  readonly cloud: RegionCloud;
  readonly replaced: Image;
  readonly kept: readonly string[];
}

/** The copy stands: nothing that goes wrong here takes it back. */
async function settleReplaced(
  context: RunContext,
  { oldSnapshots, warn }: CopyImageInput,
  { cloud, replaced, kept }: ReplacedInput,
): Promise<void> {
  const { api, place } = cloud;
  const there = { ...context, api, accountId: place.accountId, warn };
  await settleOldSnapshots(there, { ...oldSnapshots, replaced, kept });
}
