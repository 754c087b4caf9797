import { messageOf } from "../../common/errors.ts";
import { withoutControls } from "../../common/without-controls.ts";
import { CLOCK_TOLERANCE_MS } from "../clock-tolerance.ts";
import { networkHint } from "../describe-failure.ts";
import { isPassing } from "../failed-attempt.ts";
import { parseRetryAfter } from "../retry.ts";
import type { ObjectPlace } from "./addresses.ts";
import { StorageAuthError, StorageError, type StorageFailure } from "./storage-error.ts";
import { childText, parseXml, type XmlElement } from "./xml.ts";

/** What was asked, for messages. */
export interface Asked extends Partial<ObjectPlace> {
  readonly operation: string;
  /** Whether it changes nothing. */
  readonly isRead: boolean;
}

/** A request that failed, and what may follow from it. */
export interface FailedRequest {
  readonly failure: StorageFailure;
  /** What the service says of it. */
  readonly details?: string | undefined;
  readonly isTransient: boolean;
  readonly retryAfterMs?: number | undefined;
  /** How far the service's clock is ahead of this machine's, when it refuses our date. */
  readonly clockSkewMs?: number | undefined;
  readonly cause?: unknown;
}

export interface AnsweredHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Failures that pass by themselves, whatever their HTTP status. @see Amazon S3, "Error responses" */
const PASSING = ["SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "OperationAborted", "BadDigest"];
const REFUSED_KEYS = ["InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSecurity", "NotSignedUp"];

/** Reads an answer that is no success, or a success that holds an error. */
export function failedByAnswer(asked: Asked, head: AnsweredHead, body: string, now: number): FailedRequest {
  const error = errorIn(body);
  const storageCode = error && childText(error, "Code");
  const isServerTrouble = head.status >= 500 && head.status !== 501;
  const isPassingCode = storageCode !== undefined && PASSING.includes(storageCode);
  const date = Date.parse(header(head, "date") ?? "");
  // A HEAD is refused without words: then its date alone may be what is wrong.
  const mayBeDate = storageCode === "RequestTimeTooSkewed" || (head.status === 403 && body === "");
  return {
    failure: {
      ...placeOf(asked),
      httpStatus: head.status,
      storageCode,
      requestId: (error && childText(error, "RequestId")) ?? header(head, "x-amz-request-id"),
      ambiguous: isServerTrouble && storageCode !== "SlowDown" && !asked.isRead,
    },
    details: error ? childText(error, "Message") : body.trim().slice(0, 300),
    isTransient: isServerTrouble || head.status === 429 || isPassingCode,
    retryAfterMs: parseRetryAfter(header(head, "retry-after"), now),
    ...(mayBeDate && !Number.isNaN(date) && { clockSkewMs: date - now }),
  };
}

/** Reads what was thrown in place of an answer. */
export function failedWithoutAnswer(asked: Asked, cause: unknown): FailedRequest {
  return { failure: { ...placeOf(asked), ambiguous: !asked.isRead }, isTransient: isPassing(cause), cause };
}

/** An `<Error>`; undefined for any other body, also one that is no XML. */
export function errorIn(body: string): XmlElement | undefined {
  try {
    const element = parseXml(body);
    return element.name === "Error" ? element : undefined;
  } catch {
    return undefined;
  }
}

/** The first value of a header. */
export function header({ headers }: AnsweredHead, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function placeOf({ operation, bucket, key }: Asked): Pick<StorageFailure, "operation" | "bucket" | "key"> {
  return { operation, bucket, key };
}

/**
 * How far the service's clock is ahead, when it has refused the date that a request was signed with.
 * @param aheadMs How far that date was ahead of this machine's clock
 */
export function refusedDate({ clockSkewMs }: FailedRequest, aheadMs: number): number | undefined {
  if (clockSkewMs === undefined) return undefined;
  return Math.abs(clockSkewMs - aheadMs) >= CLOCK_TOLERANCE_MS ? clockSkewMs : undefined;
}

/** Why an attempt has failed, in few words. */
export function reasonOf({ failure, details, cause }: FailedRequest): string {
  if (failure.httpStatus === undefined) return messageOf(cause);
  const origin = [`HTTP ${failure.httpStatus}`, ...(failure.requestId ? [`request ${failure.requestId}`] : [])];
  return withoutControls([failure.storageCode, details, `(${origin.join(", ")})`].filter(Boolean).join(" "));
}

/** What was asked, for a message: `PutObject of "images/disk"`. */
export function whatOf({ operation, bucket, key }: Pick<StorageFailure, "operation" | "bucket" | "key">): string {
  const place = [bucket, key].filter((part) => part !== undefined).join("/");
  return `${operation}${place === "" ? "" : ` of "${place}"`}`;
}

/** The error of a request that is given up. */
export function errorOf(failed: FailedRequest, { baseUrl, attempts }: { baseUrl: string; attempts: number }) {
  const { failure, cause } = failed;
  const tries = attempts > 1 ? ` after ${attempts} attempts` : "";
  const what = whatOf(failure);
  if (failure.httpStatus === undefined) {
    const message = `${what} got no answer from ${baseUrl}${tries}: ${messageOf(cause)}`;
    return new StorageError(failure, message, { cause, hint: networkHint(cause) });
  }
  const message = `${what} failed${tries}: ${reasonOf(failed)}`;
  const isRefused = REFUSED_KEYS.includes(failure.storageCode ?? "");
  if (failure.httpStatus === 401 || isRefused) {
    const hint = "Check the access key, the secret key and the region: the object storage takes the account's own keys";
    return new StorageAuthError(failure, message, { hint });
  }
  return new StorageError(failure, message, { hint: hintOf(failure) });
}

/** What can be done when somebody else has answered. */
export const FOREIGN_ANSWER =
  "The answer is not the object storage's: check endpoints.oos, OSC_ENDPOINT_OOS and the proxy variables";

const HINTS: Readonly<Record<string, string>> = {
  NoSuchBucket: "Create the bucket in this region, or check its name",
  BucketAlreadyExists: "Another account has a bucket of this name in this region: choose another name",
  AccessDenied: "The bucket or the object is another account's, or this account may not do it",
  InvalidBucketName: "A bucket's name has 3 to 63 lower-case letters, digits and hyphens",
  RequestTimeTooSkewed: "This machine's clock is wrong: set it",
  SlowDown: "The object storage asks for fewer requests: try again later",
};

function hintOf({ storageCode, httpStatus = 0 }: StorageFailure): string | undefined {
  const known = HINTS[storageCode ?? ""];
  if (known) return known;
  if (httpStatus >= 500) return "The service is in trouble: see https://status.outscale.com and try again later";
  if (!storageCode && httpStatus !== 404) {
    return FOREIGN_ANSWER;
  }
  return undefined;
}
