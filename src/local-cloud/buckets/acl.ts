import { childrenOf, childText, Markup, type XmlElement, xml, xmlDocument } from "../../outscale/object-storage/xml.ts";
import { type CannedAcl, cannedAcls } from "../records.ts";
import { type BucketCall, type BucketOperation, bucketOf, ownBucket, readableObject } from "./bucket-call.ts";
import { BucketRefusal } from "./bucket-refusal.ts";
import type { BucketRequest } from "./bucket-request.ts";
import { readBody, readXml } from "./request-content.ts";

const GROUPS = "http://acs.amazonaws.com/groups/global";

/** What each ACL gives to others than the owner. */
const granted: Readonly<Record<CannedAcl, readonly string[]>> = {
  private: [],
  "public-read": ["AllUsers READ"],
  "public-read-write": ["AllUsers READ", "AllUsers WRITE"],
  "authenticated-read": ["AuthenticatedUsers READ"],
};

/** What leaves an object to its owner and to the owner of its bucket, who may read it here in any case. */
const AS_PRIVATE = ["bucket-owner-full-control", "bucket-owner-read"];

/** @throws {BucketRefusal} for what is none of the ACLs that there are */
export function cannedAclOf({ headers, key, operation }: BucketRequest): CannedAcl {
  if (Object.keys(headers).some((name) => name.startsWith("x-amz-grant-"))) throw tooFine();
  const given = String(headers["x-amz-acl"] ?? "private");
  // S3 ignores them for a new bucket.
  if ((key !== undefined || operation === "CreateBucket") && AS_PRIVATE.includes(given)) return "private";
  const acl = cannedAcls.find((name) => name === given);
  if (acl) return acl;
  throw new BucketRefusal("InvalidArgument", `x-amz-acl is one of ${cannedAcls.join(", ")}`);
}

function tooFine(): BucketRefusal {
  return new BucketRefusal("NotImplemented", `The local cloud knows the ACLs ${cannedAcls.join(", ")}, and no others`);
}

export const getBucketAcl: BucketOperation = async (call) => {
  const { accountId, acl } = ownBucket(call);
  return { body: aclDocument(accountId, acl) };
};

export const putBucketAcl: BucketOperation = async (call) => {
  ownBucket(call);
  const body = await readBody(call.request);
  const bucket = ownBucket(call);
  call.cloud.store.buckets.put({ ...bucket, acl: givenAcl(call.request, body, bucket) });
  return {};
};

export const getObjectAcl: BucketOperation = async (call) => {
  const { accountId, acl } = ownObject(call);
  return { body: aclDocument(accountId, acl) };
};

export const putObjectAcl: BucketOperation = async (call) => {
  ownObject(call);
  const body = await readBody(call.request);
  const object = ownObject(call);
  call.cloud.store.objects.put({ ...object, acl: givenAcl(call.request, body, object) });
  return {};
};

/** An object of the caller's own, or in a bucket of its own. */
function ownObject(call: BucketCall) {
  const object = readableObject(call);
  if ([object.accountId, bucketOf(call).accountId].includes(call.account?.id ?? "")) return object;
  throw new BucketRefusal("AccessDenied", "Access Denied");
}

/** In a header, or spelt out in a body, where nothing may be lost of what it says. */
function givenAcl(request: BucketRequest, body: string, { accountId }: { readonly accountId: string }): CannedAcl {
  if (request.headers["x-amz-acl"] !== undefined || body.trim() === "") return cannedAclOf(request);
  const policy = readXml(body, "AccessControlPolicy");
  const owner = childrenOf(policy, "Owner").map((element) => childText(element, "ID"))[0];
  const given = childrenOf(policy, "AccessControlList")
    .flatMap((list) => childrenOf(list, "Grant"))
    .map(granteeOf);
  const grants = [...new Set(given)].sort().join();
  const acl = cannedAcls.find((name) => [`${accountId} FULL_CONTROL`, ...granted[name]].sort().join() === grants);
  if (acl === undefined || (owner !== undefined && owner !== accountId)) throw tooFine();
  return acl;
}

/** Who is given what: a group by its name, an account by its id. */
function granteeOf(grant: XmlElement): string {
  const [grantee] = childrenOf(grant, "Grantee");
  const who = grantee && (childText(grantee, "URI")?.replace(`${GROUPS}/`, "") ?? childText(grantee, "ID"));
  return `${who} ${childText(grant, "Permission")}`;
}

/** The owner in S3's form; an account's id is what it is known by. */
export function ownerOf(accountId: string, name = "Owner"): Markup {
  return xml(name, xml("ID", accountId), xml("DisplayName", accountId));
}

function aclDocument(accountId: string, acl: CannedAcl): string {
  const own = grant("CanonicalUser", [xml("ID", accountId), xml("DisplayName", accountId)], "FULL_CONTROL");
  const others = granted[acl].map((text) => {
    const [group = "", permission = ""] = text.split(" ");
    return grant("Group", [xml("URI", `${GROUPS}/${group}`)], permission);
  });
  return xmlDocument(xml("AccessControlPolicy", ownerOf(accountId), xml("AccessControlList", own, ...others)));
}

/** The one element of S3 that has attributes. */
function grant(type: string, grantee: readonly Markup[], permission: string): Markup {
  const inner = grantee.map(({ text }) => text).join("");
  const attributes = `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="${type}"`;
  return xml("Grant", new Markup(`<Grantee ${attributes}>${inner}</Grantee>`), xml("Permission", permission));
}
