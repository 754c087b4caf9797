import type { Account } from "../accounts.ts";
import type { Cloud } from "../cloud.ts";
import type { Blob, BucketRecord, CannedAcl, ObjectRecord, UploadRecord } from "../records.ts";
import { BucketRefusal } from "./bucket-refusal.ts";
import type { BucketRequest } from "./bucket-request.ts";

/** Who asks for what. */
export interface BucketCall {
  readonly cloud: Cloud;
  /** Undefined for a request that nobody signed. */
  readonly account: Account | undefined;
  readonly request: BucketRequest;
}

export interface BucketAnswer {
  /** 200 when absent. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** XML. */
  readonly body?: string;
  /** Bytes of an object, in place of a body. */
  readonly content?: { readonly blobs: readonly Blob[]; readonly startBytes: number; readonly lengthBytes: number };
}

/** Checks everything, takes the body in, checks again what may have changed meanwhile, and changes the records at once. */
export type BucketOperation = (call: BucketCall) => Promise<BucketAnswer>;

/** @throws {BucketRefusal} `NoSuchBucket`; `AccessDenied` when it is not the account's that the caller names */
export function bucketOf({ cloud, request }: BucketCall): BucketRecord {
  const { bucket: name = "", headers } = request;
  const bucket = cloud.store.buckets.get(name);
  if (!bucket) throw new BucketRefusal("NoSuchBucket", "The bucket does not exist", { BucketName: name });
  const owner = headers["x-amz-expected-bucket-owner"];
  if (owner !== undefined && owner !== bucket.accountId) throw denied();
  return bucket;
}

/** A bucket that only its owner may change. @throws {BucketRefusal} */
export function ownBucket(call: BucketCall): BucketRecord {
  const bucket = bucketOf(call);
  if (call.account?.id !== bucket.accountId) throw denied();
  return bucket;
}

/** @throws {BucketRefusal} `NoSuchBucket`, `AccessDenied` */
export function listableBucket(call: BucketCall): BucketRecord {
  const bucket = bucketOf(call);
  if (!mayRead(call.account, bucket)) throw denied();
  return bucket;
}

/** @throws {BucketRefusal} `NoSuchBucket`, `AccessDenied` */
export function writableBucket(call: BucketCall): BucketRecord {
  const bucket = bucketOf(call);
  if (call.account?.id === bucket.accountId || bucket.acl === "public-read-write") return bucket;
  throw denied();
}

/**
 * An object that the caller may read. Who may not list the bucket does not learn whether there is one.
 * @throws {BucketRefusal} `NoSuchBucket`, `NoSuchKey`, `AccessDenied`
 */
export function readableObject(call: BucketCall): ObjectRecord {
  const bucket = bucketOf(call);
  const { key = "" } = call.request;
  const object = call.cloud.store.objects.get(`${bucket.id}/${key}`);
  const isOwner = call.account?.id === bucket.accountId;
  if (object ? !isOwner && !mayRead(call.account, object) : !mayRead(call.account, bucket)) throw denied();
  if (!object) throw new BucketRefusal("NoSuchKey", "The key does not exist", { Key: key });
  return object;
}

/** An upload of an account that may write to its bucket. @throws {BucketRefusal} `NoSuchUpload` */
export function uploadOf(call: BucketCall): UploadRecord {
  const bucket = writableBucket(call);
  const { key, query } = call.request;
  const upload = call.cloud.store.uploads.get(query.get("uploadId") ?? "");
  if (upload && upload.bucket === bucket.id && upload.key === key) return upload;
  throw new BucketRefusal("NoSuchUpload", "The upload does not exist: it was completed or aborted");
}

/** Nothing has versions: what is there is the version `null`. @throws {BucketRefusal} for any other */
export function requireOnlyVersion(versionId: string | undefined): void {
  if (versionId === undefined || versionId === "null") return;
  throw new BucketRefusal("NoSuchVersion", "The version does not exist", { VersionId: versionId });
}

/** Whether what an ACL stands for is open to an account, or to everybody. */
export function mayRead(
  account: Account | undefined,
  of: { readonly accountId: string; readonly acl: CannedAcl },
): boolean {
  if (account?.id === of.accountId || of.acl.startsWith("public-read")) return true;
  return of.acl === "authenticated-read" && account !== undefined;
}

function denied(): BucketRefusal {
  return new BucketRefusal("AccessDenied", "Access Denied");
}

/** The time in S3's form for bodies. */
export function nowOf({ settings }: Cloud): string {
  return new Date(settings.clock.now()).toISOString();
}
