import type { IncomingHttpHeaders } from "node:http";
import type { ObjectRecord } from "../records.ts";
import { BucketRefusal } from "./bucket-refusal.ts";

type Existing = Pick<ObjectRecord, "etag" | "modifiedAt" | "key">;
type WriteConditions = Pick<IncomingHttpHeaders, "if-match" | "if-none-match">;
type ReadConditions = WriteConditions & Pick<IncomingHttpHeaders, "if-modified-since" | "if-unmodified-since">;

/**
 * What a request demands of the object that it replaces or removes. To be called in the turn of the change: two that
 * demand the same may come at once.
 * @throws {BucketRefusal} @see Amazon S3, "Add preconditions to S3 operations with conditional requests"
 */
export function checkConditions(headers: WriteConditions, existing: Existing | undefined): void {
  const { "if-match": match, "if-none-match": other } = headers;
  if (match !== undefined && !existing) throw new BucketRefusal("NoSuchKey", "There is no object that could match");
  if (match !== undefined && existing && !isOneOf(match, existing.etag)) throw failed();
  if (other === undefined) return;
  if (other.trim() !== "*") throw new BucketRefusal("NotImplemented", "If-None-Match of a change is *");
  if (existing) throw failed();
}

/**
 * What a request demands of the object that it reads.
 * @throws {BucketRefusal} `PreconditionFailed`; `NotModified` for what the caller has already
 * @see RFC 9110, 13.2.2: dates count where no tags are given
 */
export function checkRead(headers: ReadConditions, { etag, modifiedAt }: Existing): void {
  const { "if-match": match, "if-none-match": other } = headers;
  const isOld = isSince(modifiedAt, headers["if-unmodified-since"]) === true;
  if (match === undefined ? isOld : !isOneOf(match, etag)) throw failed();
  const isSame = isSince(modifiedAt, headers["if-modified-since"]) === false;
  if (other === undefined ? isSame : isOneOf(other, etag)) throw new BucketRefusal("NotModified", "It is the same");
}

/** Whether a range is still one of the object that the caller has the rest of. @see RFC 9110, 13.1.5 */
export function isOfRange(ifRange: string | string[] | undefined, { etag, modifiedAt }: Existing): boolean {
  const given = String(ifRange ?? `"${etag}"`);
  return given === `"${etag}"` || isSince(modifiedAt, given) === false;
}

/** As {@link checkRead}, of the object that is copied. */
export function checkSource(headers: IncomingHttpHeaders, source: Existing): void {
  const one = (name: string) => headers[`x-amz-copy-source-${name}`]?.toString();
  const names = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];
  try {
    checkRead(Object.fromEntries(names.map((name) => [name, one(name)])), source);
  } catch (error) {
    throw error instanceof BucketRefusal ? failed() : error;
  }
}

/** Whether something was modified after a date, in whole seconds; undefined when there is no date. */
function isSince(modifiedAt: string, date: string | undefined): boolean | undefined {
  const dateMs = Date.parse(date ?? "");
  return Number.isNaN(dateMs) ? undefined : Math.floor(Date.parse(modifiedAt) / 1000) > Math.floor(dateMs / 1000);
}

function isOneOf(list: string, etag: string): boolean {
  return list.split(",").some((entry) => ["*", etag].includes(entry.trim().replace(/^(?:W\/)?"(.*)"$/, "$1")));
}

function failed(): BucketRefusal {
  return new BucketRefusal("PreconditionFailed", "What was demanded of the object does not hold");
}
