import { createHmac, timingSafeEqual } from "node:crypto";
import { escapeText, queryOf } from "../../outscale/object-storage/addresses.ts";
import { LONGEST_PRESIGNED_SECONDS, UNSIGNED_PAYLOAD } from "../../outscale/object-storage/presign.ts";
import { signature } from "../../outscale/signature.ts";
import type { Account, Accounts } from "../accounts.ts";
import { BucketRefusal } from "./bucket-refusal.ts";
import type { BucketRequest } from "./bucket-request.ts";

/** What signatures cover of a request, and of a URL that nobody has sent. */
export type SignedRequest = Pick<BucketRequest, "method" | "rawPath" | "query"> & {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
};

export interface Verifier {
  readonly accounts: Accounts;
  readonly region: string;
  /** Whether a signature for another region is refused. */
  readonly isStrict: boolean;
  readonly nowMs: number;
}

/** @see Amazon S3, RequestTimeTooSkewed */
const WINDOW_MS = 15 * 60_000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=([^,\s]+) *, *SignedHeaders=([^,\s]+) *, *Signature=([0-9a-f]{64})$/;
const CREDENTIAL = /^(.+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/;

/**
 * The account that signed a request: in a header (V4), or in the query of a pre-signed URL (V4, V2). Undefined for a
 * request that nobody signed: what is open to everybody is still open to it.
 * @throws {BucketRefusal} for a key that is not known, a signature that does not match, or one that has expired
 */
export function signerOf(request: SignedRequest, verifier: Verifier): Account | undefined {
  const { headers, query } = request;
  if (headers.authorization !== undefined) return headerSigner(request, verifier);
  if (query.has("X-Amz-Algorithm") || query.has("X-Amz-Signature")) return presignedSigner(request, verifier);
  if (query.has("AWSAccessKeyId") || query.has("Signature")) return presignedV2Signer(request, verifier);
  return undefined;
}

function headerSigner(request: SignedRequest, verifier: Verifier): Account {
  const match = AUTHORIZATION.exec(headerOf(request, "authorization"));
  if (!match) {
    const message = "The authorization mechanism is not supported: use AWS4-HMAC-SHA256";
    throw new BucketRefusal("InvalidRequest", message);
  }
  const [, credential = "", names = "", given = ""] = match;
  const date = headerOf(request, "x-amz-date");
  const bodyHash = headerOf(request, "x-amz-content-sha256");
  if (bodyHash === "") throw new BucketRefusal("InvalidRequest", "x-amz-content-sha256 is missing");
  if (!(Math.abs(verifier.nowMs - epochOf(date)) <= WINDOW_MS)) {
    throw new BucketRefusal("RequestTimeTooSkewed", "The request's time is too far from the service's");
  }
  return checkV4(request, verifier, { credential, names, given, date, bodyHash, query: request.query });
}

function presignedSigner(request: SignedRequest, verifier: Verifier): Account {
  const { query } = request;
  const read = (name: string) => query.get(`X-Amz-${name}`) ?? "";
  const date = read("Date");
  const seconds = /^\d{1,7}$/.test(read("Expires")) ? Number(read("Expires")) : 0;
  if (read("Algorithm") !== "AWS4-HMAC-SHA256" || seconds < 1 || seconds > LONGEST_PRESIGNED_SECONDS) {
    throw new BucketRefusal("InvalidArgument", "The query is not that of a pre-signed URL");
  }
  const signedQuery = new Map([...query].filter(([name]) => name !== "X-Amz-Signature"));
  const bodyHash = headerOf(request, "x-amz-content-sha256") || UNSIGNED_PAYLOAD;
  const given = { credential: read("Credential"), names: read("SignedHeaders"), given: read("Signature") };
  const account = checkV4(request, verifier, { ...given, date, bodyHash, query: signedQuery });
  if (!(epochOf(date) - WINDOW_MS <= verifier.nowMs)) {
    throw new BucketRefusal("AccessDenied", "Request is not valid yet");
  }
  if (!(verifier.nowMs <= epochOf(date) + seconds * 1000)) throw expired();
  return account;
}

interface GivenV4 {
  readonly credential: string;
  readonly names: string;
  readonly given: string;
  readonly date: string;
  readonly bodyHash: string;
  readonly query: ReadonlyMap<string, string>;
}

function checkV4(request: SignedRequest, verifier: Verifier, v4: GivenV4): Account {
  const [, accessKey = "", day, region = "", service = ""] = CREDENTIAL.exec(v4.credential) ?? [];
  if (day === undefined || day !== v4.date.slice(0, 8) || service !== "s3") {
    throw new BucketRefusal("AuthorizationHeaderMalformed", "The credential is not KEY/DAY/REGION/s3/aws4_request");
  }
  const account = accountOf(accessKey, verifier);
  if (verifier.isStrict && region !== verifier.region) {
    const message = `The region '${region}' is wrong; expecting '${verifier.region}'`;
    throw new BucketRefusal("AuthorizationHeaderMalformed", message, { Region: verifier.region });
  }
  const names = v4.names.split(";");
  requireSigned(request, names);
  const headers = Object.fromEntries(names.map((name) => [name, headerOf(request, name)]));
  const query = queryOf(Object.fromEntries(v4.query));
  const { method } = request;
  const { date, bodyHash } = v4;
  const isGood = pathForms(request.rawPath).some((path) => {
    const parts = { dialect: "AWS4", method, path, query, headers, body: "", bodyHash, date, region, service } as const;
    return isSame(signature(account.secretKey, parts), v4.given);
  });
  if (!isGood) throw mismatch();
  return account;
}

/** What changes the meaning of a request has to be signed: a URL that was given away is good for what it says. */
function requireSigned({ headers }: SignedRequest, names: readonly string[]): void {
  const open = Object.keys(headers).find(
    (name) => name.startsWith("x-amz-") && name !== "x-amz-content-sha256" && !names.includes(name),
  );
  if (!names.includes("host") || open !== undefined) {
    throw new BucketRefusal("AccessDenied", `The header ${open ?? "host"} is not signed`);
  }
}

/** Signature Version 2 of a URL, as the guide's examples have it. @see Amazon S3, "Signing and authenticating REST requests" */
function presignedV2Signer(request: SignedRequest, verifier: Verifier): Account {
  const { method, query } = request;
  const account = accountOf(query.get("AWSAccessKeyId") ?? "", verifier);
  const expires = query.get("Expires") ?? "";
  const signed = v2Signature(account.secretKey, request, { method, expires });
  if (!isSame(signed, query.get("Signature") ?? "")) throw mismatch();
  if (!/^\d{1,11}$/.test(expires) || verifier.nowMs > Number(expires) * 1000) throw expired();
  return account;
}

/** Parameters that are signed because they change what is answered. */
const SIGNED_IN_V2 = /^(acl|delete|location|partNumber|tagging|uploadId|uploads|versionId|versioning|response-.+)$/;

/** The signature of a URL in base64. */
export function v2Signature(
  secretKey: string,
  { rawPath, query, headers }: Pick<SignedRequest, "rawPath" | "query" | "headers">,
  { method, expires }: { readonly method: string; readonly expires: string },
): string {
  const one = (name: string) => String(headers[name] ?? "");
  const amz = Object.keys(headers)
    .filter((name) => name.startsWith("x-amz-"))
    .sort()
    .map((name) => `${name}:${one(name)}\n`);
  const sub = [...query]
    .filter(([name]) => SIGNED_IN_V2.test(name))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`))
    .sort();
  const resource = rawPath + (sub.length === 0 ? "" : `?${sub.join("&")}`);
  const text = [method, one("content-md5"), one("content-type"), expires, amz.join("") + resource].join("\n");
  return createHmac("sha1", secretKey).update(text).digest("base64");
}

function accountOf(accessKey: string, { accounts }: Verifier): Account {
  const account = accounts.byAccessKey(accessKey);
  if (account) return account;
  throw new BucketRefusal("InvalidAccessKeyId", "The access key is not known in this region");
}

/** The path as it was sent and, as some clients escape less than they sign, as S3 escapes it. */
function pathForms(rawPath: string): readonly string[] {
  const escaped = rawPath
    .split("/")
    .map((part) => escapeText(decodeURIComponent(part)))
    .join("/");
  return [...new Set([rawPath, escaped])];
}

function headerOf({ headers }: SignedRequest, name: string): string {
  return String(headers[name] ?? "");
}

function mismatch(): BucketRefusal {
  return new BucketRefusal("SignatureDoesNotMatch", "The signature does not match: check the secret key");
}

function expired(): BucketRefusal {
  return new BucketRefusal("AccessDenied", "Request has expired");
}

function isSame(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The milliseconds of `20260101T120000Z`; NaN for anything else. */
function epochOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}
