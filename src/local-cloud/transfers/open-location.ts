import { mayRead } from "../buckets/bucket-call.ts";
import { BucketRefusal } from "../buckets/bucket-refusal.ts";
import { parseBucketAddress } from "../buckets/bucket-request.ts";
import { signerOf } from "../buckets/signed-request.ts";
import { verifierOf } from "../buckets/verifier.ts";
import type { Cloud } from "../cloud.ts";
import type { ObjectRecord } from "../records.ts";

/** An object that was found, and the cloud of the region whose bucket it is in. */
export interface FoundObject {
  readonly owner: Cloud;
  readonly object: ObjectRecord;
}

const ADDRESS = /^https?:\/\/([^/?#@\s]+)(\/[^?#\s]*)(?:\?([^#\s]*))?$/;

/**
 * The object that a FileLocation names, in a bucket of a region of this server: pre-signed, or open to everybody. What is
 * elsewhere is not fetched: whoever may call the API could make us fetch anything.
 * @throws {BucketRefusal} when it is not there, or may not be read (any more)
 */
export function openLocation(cloud: Cloud, location: string): FoundObject {
  const [, host = "", rawPath = "", search = ""] = ADDRESS.exec(location) ?? [];
  const { bucket, key, query } = parseBucketAddress(rawPath, search);
  if (host === "" || bucket === undefined || key === undefined) {
    throw new BucketRefusal("InvalidURI", "It is not the URL of an object");
  }
  const owner = ownerOf(cloud, host, query);
  const account = signerOf({ method: "GET", rawPath, query, headers: { host } }, verifierOf(owner));
  const bucketRecord = owner.store.buckets.get(bucket);
  const object = owner.store.objects.get(`${bucket}/${key}`);
  if (!bucketRecord || !object) throw new BucketRefusal("NoSuchKey", "There is no such object");
  if (account?.id !== bucketRecord.accountId && !mayRead(account, object)) {
    throw new BucketRefusal("AccessDenied", "The object is neither pre-signed nor open to everybody");
  }
  return { owner, object };
}

/**
 * The region that answers there. A URL that was signed before a restart may name a port that was free to take: then it is
 * the region whose key has signed it.
 */
function ownerOf({ settings }: Cloud, host: string, query: ReadonlyMap<string, string>): Cloud {
  const { neighbours } = settings;
  const there = URL.canParse(`http://${host}`) ? neighbours.at(new URL(`http://${host}`)) : undefined;
  if (there) return there;
  const accessKey = query.get("AWSAccessKeyId") ?? query.get("X-Amz-Credential")?.split("/")[0] ?? "";
  const others = neighbours.all.flatMap((neighbour) => neighbour.cloud() ?? []);
  const signer = others.find(({ accounts }) => accounts.byAccessKey(accessKey) !== undefined);
  if (signer) return signer;
  throw new BucketRefusal("InvalidURI", "It is in no bucket of this local cloud: others are not reached from here");
}
