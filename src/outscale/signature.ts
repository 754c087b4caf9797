import { createHash, createHmac } from "node:crypto";

/** The two equal forms of Signature V4 that the API accepts: OUTSCALE's own words, or the original ones. */
export type Dialect = "OSC4" | "AWS4";

interface DialectWords {
  readonly algorithm: string;
  readonly dateHeader: string;
  readonly terminator: string;
}

export const dialects: Readonly<Record<Dialect, DialectWords>> = {
  OSC4: { algorithm: "OSC4-HMAC-SHA256", dateHeader: "x-osc-date", terminator: "osc4_request" },
  AWS4: { algorithm: "AWS4-HMAC-SHA256", dateHeader: "x-amz-date", terminator: "aws4_request" },
};

/** What a signature covers besides the secret; signer and verifier fill it from what they send or got. */
export interface SignedParts {
  readonly dialect: Dialect;
  readonly method: string;
  /** The path as it is sent, such as `/api/v1/ReadVms`. */
  readonly path: string;
  /** The query as it is sent, without `?`, sorted and escaped; the API takes none. */
  readonly query?: string;
  /** The signed headers, with lower-case names; `host` and the date header among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** What stands in the place of the body's SHA-256, for object storage: `UNSIGNED-PAYLOAD`, or a hash known before. */
  readonly bodyHash?: string;
  /** `YYYYMMDDTHHMMSSZ`, see {@link signatureDate}. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** UTC time in the form that signatures use: `20260101T120000Z`. */
export function signatureDate(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/[-:]|\.\d+/g, "");
}

/** The names of the signed headers, sorted, joined by `;`. */
function signedHeaderNames(headers: SignedParts["headers"]): string {
  return Object.keys(headers).sort().join(";");
}

/** The request in the form whose digest is signed. */
export function canonicalRequest(parts: SignedParts): string {
  const names = Object.keys(parts.headers).sort();
  const lines = names.map((name) => `${name}:${parts.headers[name]?.trim().replace(/ +/g, " ")}\n`);
  return [
    parts.method,
    parts.path,
    parts.query ?? "",
    lines.join(""),
    signedHeaderNames(parts.headers),
    parts.bodyHash ?? sha256(parts.body),
  ].join("\n");
}

/** Day, region, service and dialect for which the signing key is good. */
export function credentialScope({
  dialect,
  date,
  region,
  service,
}: Pick<SignedParts, "dialect" | "date" | "region" | "service">): string {
  return `${date.slice(0, 8)}/${region}/${service}/${dialects[dialect].terminator}`;
}

export function stringToSign(parts: SignedParts): string {
  const { algorithm } = dialects[parts.dialect];
  return [algorithm, parts.date, credentialScope(parts), sha256(canonicalRequest(parts))].join("\n");
}

/** The secret key, narrowed to one day, region, service and dialect. */
export function signingKey(secretKey: string, parts: SignedParts): Buffer {
  return credentialScope(parts)
    .split("/")
    .reduce<Buffer>((key, word) => hmac(key, word), Buffer.from(parts.dialect + secretKey));
}

/** The signature in lower-case hex: what a verifier compares with the one it was sent. */
export function signature(secretKey: string, parts: SignedParts): string {
  return hmac(signingKey(secretKey, parts), stringToSign(parts)).toString("hex");
}

/** The value of the `Authorization` header. */
export function authorization(keys: { accessKey: string; secretKey: string }, parts: SignedParts): string {
  const credential = `${keys.accessKey}/${credentialScope(parts)}`;
  const names = signedHeaderNames(parts.headers);
  const signed = signature(keys.secretKey, parts);
  return `${dialects[parts.dialect].algorithm} Credential=${credential}, SignedHeaders=${names}, Signature=${signed}`;
}

/** In lower-case hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: Buffer, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}
