import type {
  Image,
  ImageExportTask,
  ResourceTag,
  Snapshot,
  SnapshotExportTask,
  Vm,
  Volume,
  VolumeUpdateTask,
} from "../outscale/oapi.ts";

/** An object as it is stored: who owns it, and what a read answers (`api`), but for what is worked out at that time. */
interface Owned<Api> {
  readonly id: string;
  readonly accountId: string;
  readonly api: Api;
}

export interface VolumeRecord extends Owned<Volume> {
  /** When it was linked; present while there is a link. */
  readonly linkDate?: string;
  /** What UpdateVolume asked for; present until it is done. */
  readonly update?: { readonly Size: number; readonly VolumeType: string; readonly Iops?: number };
  /** The VM's own root volume: it has a disk, but never a loop device. */
  readonly isVmRoot?: boolean;
}

export interface SnapshotRecord extends Owned<Snapshot> {
  /** What its disk is cut from. A volume's is copied; another snapshot's never changes, and is linked. */
  readonly source: {
    readonly kind: "volume" | "snapshot" | "disk" | "bucket";
    readonly id: string;
    /** The address of the object that it is fetched from. It opens it: whoever has it can read it. */
    readonly location?: string;
  };
  /** Why it is in `error`: an image of it tells that. */
  readonly failure?: string;
  /** When it became `pending`, in milliseconds since the epoch; tells the progress. */
  readonly pendingSinceMs?: number;
}

export type VolumeTaskRecord = Owned<VolumeUpdateTask>;

export interface ImageRecord extends Owned<Image> {
  /** The manifest that it is made from, with what the request has said itself. */
  readonly importFrom?: {
    readonly location: string;
    readonly architecture?: string | undefined;
    readonly productCodes?: readonly string[] | undefined;
  };
}

/** A snapshot that goes to a bucket. */
export interface ExportedSnapshot {
  readonly snapshotId: string;
  readonly key: string;
  /** The last part of the key. */
  readonly file: string;
  /** What the manifest says of it. */
  readonly mapping: Readonly<Record<string, string | number | boolean | null>>;
}

/** An export of an image, or of one snapshot, to a bucket: everything is in it that the work needs. */
export interface ExportTaskRecord extends Owned<ImageExportTask & SnapshotExportTask> {
  /** Whose the objects become: the account of the bucket. */
  readonly ownerId: string;
  readonly format: "qcow2" | "raw";
  readonly snapshots: readonly ExportedSnapshot[];
  /** What the manifest says of the image, as it was when it was asked for. */
  readonly image?: Readonly<Record<string, string | boolean | readonly string[]>>;
  readonly manifestKey?: string;
}

export type VmRecord = Owned<Vm & { readonly Tags: ResourceTag[] }>;

/** Something a build must never do to a disk, seen by the cloud. */
export interface Violation {
  readonly id: string;
  readonly at: string;
  readonly action: string;
  readonly volumeId: string;
  readonly details: string;
}

/** Whether a snapshot still reads what it is made from. */
export function isBeingCut({ api }: SnapshotRecord): boolean {
  return ["in-queue", "pending", "pending/queued", "importing"].includes(api.State);
}

/** Who may do what with a bucket or an object, besides its owner. */
export type CannedAcl = (typeof cannedAcls)[number];
export const cannedAcls = ["private", "public-read", "public-read-write", "authenticated-read"] as const;

/** Its id is its name. */
export interface BucketRecord {
  readonly id: string;
  readonly accountId: string;
  readonly createdAt: string;
  readonly acl: CannedAcl;
}

/** A file in the folder of objects. */
export interface Blob {
  readonly blob: string;
  readonly sizeBytes: number;
}

/** Its id is bucket, slash and key. */
export interface ObjectRecord {
  readonly id: string;
  readonly accountId: string;
  readonly bucket: string;
  readonly key: string;
  /** One after the other, they are its content. */
  readonly blobs: readonly Blob[];
  readonly sizeBytes: number;
  readonly etag: string;
  readonly modifiedAt: string;
  readonly acl: CannedAcl;
  /** What comes with it in an answer: `content-type`, `x-amz-meta-...`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A multipart upload that is under way, with the parts that are there, by their numbers. */
export interface UploadRecord {
  readonly id: string;
  readonly accountId: string;
  readonly bucket: string;
  readonly key: string;
  readonly beganAt: string;
  readonly acl: CannedAcl;
  readonly headers: Readonly<Record<string, string>>;
}

/** Its id is the upload's, a slash and its number. */
export interface PartRecord extends Blob {
  readonly id: string;
  readonly uploadId: string;
  readonly number: number;
  readonly etag: string;
  readonly modifiedAt: string;
}
