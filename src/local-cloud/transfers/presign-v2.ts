import { pathOf } from "../../outscale/object-storage/addresses.ts";
import type { Account } from "../accounts.ts";
import { v2Signature } from "../buckets/signed-request.ts";

/** As long as the platform's are good. */
const SECONDS = 7 * 24 * 3_600;

/** A URL that opens an object for seven days, in the form that the guide's manifests have: signature version 2. */
export function presignV2(
  { accessKey, secretKey }: Account,
  {
    url,
    bucket,
    key,
    nowMs,
  }: { readonly url: string; readonly bucket: string; readonly key: string; readonly nowMs: number },
): string {
  const rawPath = pathOf({ bucket, key });
  const expires = String(Math.floor(nowMs / 1000) + SECONDS);
  const signed = v2Signature(secretKey, { rawPath, query: new Map(), headers: {} }, { method: "GET", expires });
  const query = new URLSearchParams({ AWSAccessKeyId: accessKey, Expires: expires, Signature: signed });
  return `${url}${rawPath}?${query}`;
}
