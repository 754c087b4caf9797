import {
  childrenOf,
  childText,
  Markup,
  parseXml,
  type XmlElement,
  xml,
  xmlDocument,
} from "../../outscale/object-storage/xml.ts";
import { type CannedAcl, cannedAcls } from "../records.ts";
import { type BucketCall, type BucketOperation, bucketOf, ownBucket, readableObject } from "./bucket-call.ts";
import { BucketRefusal } from "./bucket-refusal.ts";
import type { BucketRequest } from "./bucket-request.ts";
import { readBody } from "./request-content.ts";

const GROUPS = "http://acs.amazonaws.com/groups/global";

/** What each ACL gives to others than the owner. */
const granted: Readonly<Record<CannedAcl, readonly string[]>> = {
  private: [],
  "public-read": ["AllUsers READ"],
  "public-read-write": ["AllUsers READ", "AllUsers WRITE"],
  "authenticated-read": ["AuthenticatedUsers READ"],
};

/** @throws {BucketRefusal} for what is none of the ACLs that there are */
export function cannedAclOf({ headers }: BucketRequest): CannedAcl {
  if (Object.keys(headers).some((name) => name.startsWith("x-amz-grant-"))) throw tooFine();
  const given = headers["x-amz-acl"] ?? "private";
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
  const acl = await givenAcl(call);
  call.cloud.store.buckets.put({ ...ownBucket(call), acl });
  return {};
};

export const getObjectAcl: BucketOperation = async (call) => {
  const { accountId, acl } = ownObject(call);
  return { body: aclDocument(accountId, acl) };
};

export const putObjectAcl: BucketOperation = async (call) => {
  ownObject(call);
  const acl = await givenAcl(call);
  call.cloud.store.objects.put({ ...ownObject(call), acl });
  return {};
};

/** An object of the caller's own, or in a bucket of its own. */
function ownObject(call: BucketCall) {
  const object = readableObject(call);
  if ([object.accountId, bucketOf(call).accountId].includes(call.account?.id ?? "")) return object;
  throw new BucketRefusal("AccessDenied", "Access Denied");
}

/** In a header, or spelt out in a body. */
async function givenAcl({ request }: BucketCall): Promise<CannedAcl> {
  const body = await readBody(request);
  if (request.headers["x-amz-acl"] !== undefined || body.trim() === "") return cannedAclOf(request);
  const grants = childrenOf(readPolicy(body), "AccessControlList").flatMap((list) => childrenOf(list, "Grant"));
  const toGroups = grants.flatMap((grant) => {
    const uri = childrenOf(grant, "Grantee").flatMap((grantee) => childText(grantee, "URI") ?? [])[0];
    return uri === undefined ? [] : `${uri.replace(`${GROUPS}/`, "")} ${childText(grant, "Permission")}`;
  });
  const acl = cannedAcls.find((name) => granted[name].join() === [...new Set(toGroups)].sort().join());
  // To an account by its id only the owner may have something: others are given nothing here.
  if (acl === undefined || grants.length - toGroups.length > 1) throw tooFine();
  return acl;
}

function readPolicy(text: string): XmlElement {
  try {
    return parseXml(text);
  } catch {
    throw new BucketRefusal("MalformedXML", "The body is not XML of S3's form");
  }
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
