import { secrets } from "../../common/secrets.ts";
import { credentialScope, type SignedParts, signature, signatureDate } from "../signature.ts";
import { type ObjectPlace, pathOf, queryOf } from "./addresses.ts";

/** Seven days: what Signature V4 allows at most. */
export const LONGEST_PRESIGNED_SECONDS = 7 * 24 * 3_600;
/** In the place of a body's hash: the signature leaves it open. */
export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

export interface PresignInput {
  readonly baseUrl: string;
  readonly keys: { readonly accessKey: string; readonly secretKey: string };
  readonly region: string;
  readonly nowMs: number;
  /** From 1 to {@link LONGEST_PRESIGNED_SECONDS}. */
  readonly expiresSeconds: number;
}

/**
 * A URL with which anybody can read an object until it expires. Its signature is a secret, and is masked from now on.
 * @see Amazon S3, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)"
 */
export function presignGet(place: ObjectPlace, input: PresignInput): string {
  const { baseUrl, keys, region, nowMs, expiresSeconds } = input;
  if (!Number.isInteger(expiresSeconds) || expiresSeconds < 1 || expiresSeconds > LONGEST_PRESIGNED_SECONDS) {
    throw new RangeError(`A URL is signed for 1 to ${LONGEST_PRESIGNED_SECONDS} seconds, not ${expiresSeconds}`);
  }
  const { host, origin, pathname } = new URL(baseUrl);
  const path = pathname.replace(/\/$/, "") + pathOf(place);
  const date = signatureDate(nowMs);
  const scope = { dialect: "AWS4", date, region, service: "s3" } as const;
  const query = queryOf({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${keys.accessKey}/${credentialScope(scope)}`,
    "X-Amz-Date": date,
    "X-Amz-Expires": String(expiresSeconds),
    "X-Amz-SignedHeaders": "host",
  });
  const parts: SignedParts = {
    ...{ ...scope, method: "GET", path, query, headers: { host } },
    ...{ body: "", bodyHash: UNSIGNED_PAYLOAD },
  };
  const signed = signature(keys.secretKey, parts);
  secrets.add(signed);
  return `${origin}${path}?${query}&X-Amz-Signature=${signed}`;
}
