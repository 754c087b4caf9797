import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { isObjectKey } from "../../outscale/object-storage/addresses.ts";
import { BucketRefusal } from "./bucket-refusal.ts";

/** A request to the buckets, before its body is read. */
export interface BucketRequest {
  readonly method: string;
  /** As they were sent. */
  readonly rawPath: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingHttpHeaders;
  /** Absent for the list of all buckets. */
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  /** The operation in S3's words, such as `PutObject`. */
  readonly operation: string;
  readonly body: IncomingMessage;
}

/** @throws {BucketRefusal} `InvalidURI` for an address that cannot be read */
export function parseBucketRequest(incoming: IncomingMessage): BucketRequest {
  const { method = "", url = "/", headers } = incoming;
  const at = url.indexOf("?");
  const rawPath = at === -1 ? url : url.slice(0, at);
  const { bucket, key, query } = parseBucketAddress(rawPath, at === -1 ? "" : url.slice(at + 1));
  if (key !== undefined && !isObjectKey(key))
    throw new BucketRefusal("KeyTooLongError", "A key has at most 1,024 bytes");
  const operation = operationOf(method, { bucket, key, query, headers });
  return { method, rawPath, query, headers, bucket, key, operation, body: incoming };
}

/** What a path-style address names. @throws {BucketRefusal} `InvalidURI` */
export function parseBucketAddress(rawPath: string, search: string): Pick<BucketRequest, "bucket" | "key" | "query"> {
  const [, rawBucket = "", rawKey] = /^\/([^/]*)(?:\/(.*))?$/s.exec(rawPath) ?? [];
  const key = rawKey ? decoded(rawKey) : undefined;
  return { bucket: decoded(rawBucket) || undefined, key, query: parseQuery(search) };
}

function parseQuery(text: string): Map<string, string> {
  const pairs = text.split("&").filter((pair) => pair !== "");
  return new Map(
    pairs.map((pair) => {
      const [name = "", ...rest] = pair.split("=");
      return [decoded(name.replaceAll("+", "%20")), decoded(rest.join("=").replaceAll("+", "%20"))];
    }),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new BucketRefusal("InvalidURI", "The address cannot be decoded");
  }
}

type Place = Pick<BucketRequest, "bucket" | "key" | "query" | "headers">;

/** What a request asks for; a name for what there is not here. */
function operationOf(method: string, { bucket, key, query, headers }: Place): string {
  const sub = subresourceOf(query);
  if (bucket === undefined) return method === "GET" ? "ListBuckets" : "UnknownOperation";
  const operations = key === undefined ? ofBuckets : ofObjects;
  const operation = operations[`${method}${sub === undefined ? "" : `?${sub}`}`];
  if (operation === "PutObject" && headers["x-amz-copy-source"] !== undefined) return "CopyObject";
  if (operation === "UploadPart" && headers["x-amz-copy-source"] !== undefined) return "UploadPartCopy";
  return operation ?? "UnknownOperation";
}

/** Parameters that make another operation of a request; all the others only say more of it. */
const SUBRESOURCES = ["uploadId", "uploads", "delete", "acl", "tagging", "location", "versioning", "list-type"];
const ABSENT_HERE = [
  ...["abac", "accelerate", "analytics", "attributes", "cors", "encryption", "intelligent-tiering", "inventory"],
  ...["legal-hold", "lifecycle", "logging", "metadataConfiguration", "metadataInventoryTable", "metadataJournalTable"],
  ...["metadataTable", "metrics", "notification", "object-lock", "ownershipControls", "policy", "policyStatus"],
  ...["publicAccessBlock", "renameObject", "replication", "requestPayment", "restore", "retention"],
  ...["select", "session", "torrent", "versions", "website"],
];

/** Last, as it does not make another operation of what is absent. */
const PART = "partNumber";

function subresourceOf(query: ReadonlyMap<string, string>): string | undefined {
  return [...SUBRESOURCES, ...ABSENT_HERE, PART].find((name) => query.has(name));
}

/** Headers that ask for what an answer of 200 would promise and nobody keep. */
const ABSENT_HEADERS =
  /^x-amz-(?:(?:copy-source-)?server-side-encryption-customer-.+|(?:bucket-)?object-lock-.+|tagging|write-offset-bytes|website-redirect-location)$/;

/** @throws {BucketRefusal} `NotImplemented` */
export function refuseAbsent({ headers }: Pick<BucketRequest, "headers">): void {
  const name = Object.keys(headers).find((name) => ABSENT_HEADERS.test(name) && !asksNothing(name, headers[name]));
  if (name !== undefined) throw new BucketRefusal("NotImplemented", `The local cloud does not know the header ${name}`);
}

/** Some clients say of everything that they know whether they want it. */
function asksNothing(name: string, value: IncomingHttpHeaders[string]): boolean {
  return value === "" || (name.endsWith("-enabled") && String(value).toLowerCase() === "false");
}

const ofBuckets: Readonly<Record<string, string>> = {
  GET: "ListObjects",
  "GET?list-type": "ListObjectsV2",
  "GET?uploads": "ListMultipartUploads",
  "GET?location": "GetBucketLocation",
  "GET?versioning": "GetBucketVersioning",
  "GET?acl": "GetBucketAcl",
  "PUT?acl": "PutBucketAcl",
  "POST?delete": "DeleteObjects",
  HEAD: "HeadBucket",
  PUT: "CreateBucket",
  DELETE: "DeleteBucket",
};

const ofObjects: Readonly<Record<string, string>> = {
  GET: "GetObject",
  "GET?partNumber": "GetObject",
  "GET?acl": "GetObjectAcl",
  "GET?tagging": "GetObjectTagging",
  "GET?uploadId": "ListParts",
  "PUT?acl": "PutObjectAcl",
  "PUT?uploadId": "UploadPart",
  "POST?uploads": "CreateMultipartUpload",
  "POST?uploadId": "CompleteMultipartUpload",
  "DELETE?uploadId": "AbortMultipartUpload",
  HEAD: "HeadObject",
  "HEAD?partNumber": "HeadObject",
  PUT: "PutObject",
  DELETE: "DeleteObject",
};
