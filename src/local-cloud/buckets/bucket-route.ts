import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { messageOf } from "../../common/errors.ts";
import { timeLimit } from "../../common/time-limit.ts";
import type { Cloud } from "../cloud.ts";
import { type CallFault, isRefusing } from "../faults.ts";
import type { RequestLog } from "../http/request-log.ts";
import { getBucketAcl, getObjectAcl, putBucketAcl, putObjectAcl } from "./acl.ts";
import { type BucketAnswer, type BucketOperation, requireOnlyVersion } from "./bucket-call.ts";
import { BucketRefusal } from "./bucket-refusal.ts";
import { type BucketRequest, parseBucketRequest, refuseAbsent } from "./bucket-request.ts";
import { listMultipartUploads, listObjects, listObjectsV2, listParts } from "./lists.ts";
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  uploadPart,
  uploadPartCopy,
} from "./multipart.ts";
import { signerOf } from "./signed-request.ts";
import { copyObject, deleteObject, deleteObjects, getObject, getObjectTagging, putObject } from "./stored-objects.ts";
import { verifierOf } from "./verifier.ts";
import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  getBucketVersioning,
  headBucket,
  listBuckets,
} from "./whole-buckets.ts";

const operations: ReadonlyMap<string, BucketOperation> = new Map(
  Object.entries({
    AbortMultipartUpload: abortMultipartUpload,
    CompleteMultipartUpload: completeMultipartUpload,
    CopyObject: copyObject,
    CreateBucket: createBucket,
    CreateMultipartUpload: createMultipartUpload,
    DeleteBucket: deleteBucket,
    DeleteObject: deleteObject,
    DeleteObjects: deleteObjects,
    GetBucketAcl: getBucketAcl,
    GetBucketLocation: getBucketLocation,
    GetBucketVersioning: getBucketVersioning,
    GetObject: getObject,
    GetObjectAcl: getObjectAcl,
    GetObjectTagging: getObjectTagging,
    HeadBucket: headBucket,
    HeadObject: getObject,
    ListBuckets: listBuckets,
    ListMultipartUploads: listMultipartUploads,
    ListObjects: listObjects,
    ListObjectsV2: listObjectsV2,
    ListParts: listParts,
    PutBucketAcl: putBucketAcl,
    PutObject: putObject,
    PutObjectAcl: putObjectAcl,
    UploadPart: uploadPart,
    UploadPartCopy: uploadPartCopy,
  }),
);

interface BucketRouteInput {
  readonly cloud: Cloud;
  readonly requests: RequestLog;
}

/** What came of a request. */
interface Outcome {
  readonly answer: BucketAnswer;
  readonly code?: string;
  readonly accountId?: string;
}

/**
 * Answers one request to the buckets, with the faults that wait for it. The body is read by who needs it, as it comes in:
 * an object may be larger than our memory.
 */
export async function answerBuckets(
  { cloud, requests }: BucketRouteInput,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { clock } = cloud.settings;
  const atMs = clock.now();
  const requestId = randomUUID();
  const request = readRequest(incoming);
  const operation = request instanceof BucketRefusal ? "UnknownOperation" : request.operation;
  const entry = () => ({ atMs, action: operation, ms: clock.now() - atMs });
  const fault = cloud.faults.takeCall(operation);
  if (fault?.kind === "drop-before") {
    requests.add(entry());
    incoming.socket.destroy();
    return;
  }
  const { answer, ...outcome } = await outcomeOf(cloud, request, { fault, requestId });
  const isDropped = fault?.kind === "drop-after" || incoming.socket.destroyed;
  const { status = 200 } = answer;
  requests.add({ ...entry(), ...outcome, ...(isDropped ? {} : { status }) });
  if (isDropped) incoming.socket.destroy();
  else await send(cloud, { incoming, response }, { answer, requestId, fault });
}

function readRequest(incoming: IncomingMessage): BucketRequest | BucketRefusal {
  try {
    return parseBucketRequest(incoming);
  } catch (error) {
    if (error instanceof BucketRefusal) return error;
    throw error;
  }
}

interface AboutAnswer {
  readonly fault: CallFault | undefined;
  readonly requestId: string;
}

async function outcomeOf(
  cloud: Cloud,
  request: BucketRequest | BucketRefusal,
  { fault, requestId }: AboutAnswer,
): Promise<Outcome> {
  let accountId: string | undefined;
  try {
    if (request instanceof BucketRefusal) throw request;
    if (isRefusing(fault)) throw injected(fault);
    const account = signerOf(request, verifierOf(cloud));
    accountId = account?.id;
    const operation = operations.get(request.operation);
    if (!operation) throw new BucketRefusal("NotImplemented", "The local cloud does not do this with buckets");
    refuseAbsent(request);
    if (request.key !== undefined) requireOnlyVersion(request.query.get("versionId"));
    const answer = await operation({ cloud, account, request });
    // Not before this is on the disk may anybody hear of it.
    await cloud.store.settled();
    return { answer, ...(accountId !== undefined && { accountId }) };
  } catch (error) {
    const refusal = error instanceof BucketRefusal ? error : internalError(cloud, error);
    const resource = request instanceof BucketRefusal ? "" : request.rawPath;
    const answer = { status: refusal.status, body: refusal.body(resource, requestId) };
    return { answer, code: refusal.code, ...(accountId !== undefined && { accountId }) };
  }
}

function injected({ kind }: CallFault): BucketRefusal {
  return new BucketRefusal(kind === "internal-error" ? "InternalError" : "SlowDown", "Injected by a fault");
}

function internalError(cloud: Cloud, error: unknown): BucketRefusal {
  const trace = error instanceof Error ? error.stack : undefined;
  cloud.settings.log.write({ kind: "note", message: `local cloud: ${trace ?? messageOf(error)}` });
  return new BucketRefusal("InternalError", messageOf(error));
}

async function send(
  cloud: Cloud,
  { incoming, response }: { incoming: IncomingMessage; response: ServerResponse },
  { answer, requestId, fault }: AboutAnswer & { answer: BucketAnswer },
): Promise<void> {
  const { status = 200, headers = {}, body = "", content } = answer;
  const hasBody = status !== 204 && status !== 304;
  const length = content?.lengthBytes ?? Buffer.byteLength(body);
  const seconds = isRefusing(fault) ? fault.retryAfterSeconds : undefined;
  // What nobody has read of the request would be taken for the next one.
  const isUnread = !incoming.complete;
  response.writeHead(status, {
    ...(hasBody && { "content-type": content ? "binary/octet-stream" : "application/xml" }),
    ...headers,
    // Behind a Content-Disposition: where it knows the length, Node lets that have nothing but ASCII.
    ...(hasBody && { "content-length": length }),
    ...(seconds !== undefined && { "retry-after": String(seconds) }),
    ...(isUnread && { connection: "close" }),
    date: new Date(verifierOf(cloud).nowMs).toUTCString(),
    "x-amz-request-id": requestId,
  });
  if (incoming.method === "HEAD" || !hasBody) response.end();
  else if (content) await pipeline(Readable.from(cloud.blobs.read(content.blobs, content)), response);
  else response.end(body);
  if (isUnread) await drain(incoming, response);
}

/** A client that still sends reads the answer only if its connection stays until then; but not for ever. */
const MOST_DRAINED_BYTES = 64 * 1024 * 1024;
const LONGEST_DRAIN_MS = 10_000;

async function drain(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  let left = MOST_DRAINED_BYTES;
  incoming.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) incoming.destroy();
  });
  using limit = timeLimit(LONGEST_DRAIN_MS);
  await once(incoming, "close", { signal: limit.signal }).catch(() => incoming.destroy());
  if (!response.writableEnded) response.destroy();
}
