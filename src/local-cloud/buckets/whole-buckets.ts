import { isBucketName } from "../../outscale/object-storage/addresses.ts";
import { childText, xml, xmlDocument } from "../../outscale/object-storage/xml.ts";
import type { Account } from "../accounts.ts";
import type { Cloud } from "../cloud.ts";
import { cannedAclOf, ownerOf } from "./acl.ts";
import { type BucketCall, type BucketOperation, listableBucket, nowOf, ownBucket } from "./bucket-call.ts";
import { BucketRefusal } from "./bucket-refusal.ts";
import { readBody, readXml } from "./request-content.ts";

const MOST_BUCKETS = 1_000;
/** They begin the paths of the API, of the metadata and of the health on the same port. */
const TAKEN_NAMES = ["api", "latest", "vms", "health"];

export const listBuckets: BucketOperation = async ({ cloud, account }) => {
  if (!account) throw new BucketRefusal("AccessDenied", "Access Denied");
  const own = cloud.store.buckets.values().filter(({ accountId }) => accountId === account.id);
  const sorted = own.sort((one, other) => (one.id < other.id ? -1 : 1));
  const buckets = sorted.map(({ id, createdAt }) => xml("Bucket", xml("Name", id), xml("CreationDate", createdAt)));
  return { body: xmlDocument(xml("ListAllMyBucketsResult", ownerOf(account.id), xml("Buckets", ...buckets))) };
};

export const createBucket: BucketOperation = async (call) => {
  const { cloud, request } = call;
  const acl = cannedAclOf(request);
  checkNewBucket(call);
  checkLocation(await readBody(request), cloud);
  const { id: accountId } = checkNewBucket(call);
  const { bucket: name = "" } = request;
  cloud.store.buckets.put({ id: name, accountId, createdAt: nowOf(cloud), acl });
  return { headers: { location: `/${name}` } };
};

/** The account that may make the bucket that a request names. @throws {BucketRefusal} */
function checkNewBucket({ cloud, account, request }: BucketCall): Account {
  const { bucket: name = "" } = request;
  if (!account) throw new BucketRefusal("AccessDenied", "Access Denied");
  if (!isBucketName(name)) {
    throw new BucketRefusal("InvalidBucketName", "A name has 3 to 63 lower-case letters, digits and hyphens");
  }
  if (TAKEN_NAMES.includes(name)) {
    throw new BucketRefusal("InvalidBucketName", `"${name}" is a path of the local cloud's own: choose another name`);
  }
  const found = cloud.store.buckets.get(name);
  if (found && found.accountId === account.id)
    throw new BucketRefusal("BucketAlreadyOwnedByYou", "It is yours already");
  if (found) throw new BucketRefusal("BucketAlreadyExists", "Another account has a bucket of this name");
  if (cloud.store.buckets.values().length >= MOST_BUCKETS) {
    throw new BucketRefusal("TooManyBuckets", `There are at most ${MOST_BUCKETS} buckets`);
  }
  return account;
}

/** @throws {BucketRefusal} for another region's name, which is as wrong as a signature for it */
function checkLocation(body: string, { settings: { region, strict: isStrict } }: Cloud): void {
  if (body.trim() === "") return;
  const location = childText(readXml(body, "CreateBucketConfiguration"), "LocationConstraint") ?? "";
  if (location === "" || location === region || !isStrict) return;
  const message = `The location constraint "${location}" is wrong: this is the region ${region}`;
  throw new BucketRefusal("IllegalLocationConstraintException", message);
}

export const headBucket: BucketOperation = async (call) => {
  listableBucket(call);
  return { headers: { "x-amz-bucket-region": call.cloud.settings.region } };
};

export const deleteBucket: BucketOperation = async (call) => {
  const { id } = ownBucket(call);
  const { store } = call.cloud;
  if (store.objects.values().some(({ bucket }) => bucket === id)) {
    throw new BucketRefusal("BucketNotEmpty", "The bucket has objects");
  }
  if (store.uploads.values().some(({ bucket }) => bucket === id)) {
    throw new BucketRefusal("BucketNotEmpty", "The bucket has multipart uploads that are under way");
  }
  store.buckets.delete(id);
  return { status: 204 };
};

export const getBucketLocation: BucketOperation = async (call) => {
  ownBucket(call);
  return { body: xmlDocument(xml("LocationConstraint", call.cloud.settings.region)) };
};

/** There are no versions. */
export const getBucketVersioning: BucketOperation = async (call) => {
  ownBucket(call);
  return { body: xmlDocument(xml("VersioningConfiguration")) };
};
