import { inputsDigestOf, sourceIdOf } from "../../builder/product-tags.ts";
import { snapshotIdsOf } from "../../builder/resources/image.ts";
import { RUN_TAG_KEY } from "../../builder/run-tag-key.ts";
import type { Api } from "../../outscale/api.ts";
import type { Image, Snapshot, Vm } from "../../outscale/oapi.ts";
import { readAll } from "../../outscale/pagination.ts";

/** An OMI of the account, with what is to be known before it is removed. Names are as others have given them. */
export interface OwnImage {
  readonly imageId: string;
  readonly name: string;
  readonly description: string;
  /** `available`, `pending`, `failed` and what else the service says. */
  readonly state: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Of all its volumes together, in GiB. */
  readonly sizeGib: number;
  /** The account's own snapshots that it maps, which would be removed with it. */
  readonly snapshotIds: readonly string[];
  /** The OMI that it was made of: by its tag, or the record of the run on this machine. */
  readonly sourceId: string | null;
  /** Of all that it was made of, with `skip_unchanged`. */
  readonly inputsDigest: string | null;
  /** Everybody may launch it, or make volumes of one of its snapshots. */
  readonly isPublic: boolean;
  /** Accounts that may. */
  readonly sharedWith: readonly string[];
  /** VMs of the account that were started from it, but for those that are terminated. */
  readonly vmIds: readonly string[];
  /** Other OMIs that map one of its snapshots: they need it. */
  readonly mappedBy: readonly string[];
  /** OMIs of the account that were made of it; they do not need it. */
  readonly sourceOf: readonly string[];
  /** A build or a clean-up that goes on has to do with it. */
  readonly isTemporary: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

interface Account {
  readonly images: readonly Image[];
  readonly snapshots: readonly Snapshot[];
  readonly vms: readonly Vm[];
}

export interface ReadImagesOptions {
  readonly accountId: string;
  readonly signal?: AbortSignal | undefined;
  /** What records say an OMI was made of. */
  readonly knownSources?: ReadonlyMap<string, string>;
  /** This OMI alone. */
  readonly imageId?: string;
}

type Reader = Pick<Api, "readImages" | "readSnapshots" | "readVms">;

/** The OMIs of the account, newest first. */
export async function readOwnImages(api: Reader, options: ReadImagesOptions): Promise<readonly OwnImage[]> {
  const { accountId, knownSources = new Map(), imageId } = options;
  const account = await readAccount(api, options);
  const { images } = account;
  const own = images.filter((image) => image.AccountId === accountId);
  const sources = new Map(own.flatMap((image) => sourceEntry(image, knownSources)));
  return own
    .filter((image) => imageId === undefined || image.ImageId === imageId)
    .map((image) => describe(image, account, sources))
    .toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
}

function sourceEntry(image: Image, known: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  const source = sourceIdOf(image) ?? known.get(image.ImageId);
  return source === undefined ? [] : [[image.ImageId, source]];
}

async function readAccount(api: Reader, { accountId, signal, imageId }: ReadImagesOptions): Promise<Account> {
  const options = signal === undefined ? {} : { signal };
  const own = { AccountIds: [accountId] };
  const readImages = readAll(
    "ReadImages",
    (page) => api.readImages({ Filters: imageId ? { ImageIds: [imageId] } : own, ...page }, options),
    (answer) => answer.Images,
  );
  const readSnapshots = readAll(
    "ReadSnapshots",
    (page) => api.readSnapshots({ Filters: own, ...page }, options),
    (answer) => answer.Snapshots,
  );
  const readVms = readAll(
    "ReadVms",
    (page) => api.readVms({ ...(imageId && { Filters: { ImageIds: [imageId] } }), ...page }, options),
    (answer) => answer.Vms,
  );
  const [images, snapshots, vms] = await Promise.all([readImages, readSnapshots, readVms]);
  return { images, snapshots: snapshots.filter((snapshot) => snapshot.AccountId === accountId), vms };
}

function describe(image: Image, account: Account, sources: ReadonlyMap<string, string>): OwnImage {
  const { ImageId: imageId, PermissionsToLaunch: launch } = image;
  const mapped = new Set(snapshotIdsOf(image));
  const snapshots = account.snapshots.filter(({ SnapshotId }) => mapped.has(SnapshotId));
  const use = snapshots.map(({ PermissionsToCreateVolume }) => PermissionsToCreateVolume);
  const others = account.images.filter((other) => other.ImageId !== imageId);
  return {
    imageId,
    name: image.ImageName,
    description: image.Description ?? "",
    state: image.State,
    createdAt: image.CreationDate,
    sizeGib: image.BlockDeviceMappings.reduce((sum, { Bsu }) => sum + (Bsu?.VolumeSize ?? 0), 0),
    snapshotIds: snapshots.map(({ SnapshotId }) => SnapshotId),
    sourceId: sources.get(imageId) ?? null,
    inputsDigest: inputsDigestOf(image) ?? null,
    isPublic: [launch, ...use].some((permission) => permission?.GlobalPermission === true),
    sharedWith: [...new Set([launch, ...use].flatMap((permission) => permission?.AccountIds ?? []))].sort(),
    vmIds: account.vms
      .filter(({ ImageId, State }) => ImageId === imageId && State !== "terminated")
      .map(({ VmId }) => VmId),
    mappedBy: others.filter((other) => snapshotIdsOf(other).some((id) => mapped.has(id))).map((other) => other.ImageId),
    sourceOf: [...sources].flatMap(([product, source]) => (source === imageId ? [product] : [])),
    isTemporary: image.Tags.some(({ Key }) => Key === RUN_TAG_KEY),
    tags: Object.fromEntries(image.Tags.map(({ Key, Value }) => [Key, Value])),
  };
}
