import { importUrl } from "../../builder/region-copy/export-image.ts";
import type { RegionCloud } from "../../builder/region-copy/region-clouds.ts";
import { UsageError } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";
import { isBucketName } from "../../outscale/object-storage/addresses.ts";

/** Where the manifest of an exported image is. */
export type ManifestPlace =
  | { readonly url: string }
  | {
      readonly bucket: string;
      readonly key: string;
      /** The bucket's region; the account's own when absent. */
      readonly region?: string | undefined;
      /** A profile with the credentials of the bucket's account there. */
      readonly profile?: string | undefined;
    };

/**
 * Reads what a person types: a URL, or `BUCKET/KEY`.
 * @throws {UsageError} when it is neither
 */
export function parseManifestPlace(
  text: string,
): { readonly url: string } | { readonly bucket: string; readonly key: string } {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return { url: text };
  const [, bucket = "", key = ""] = /^([^/]+)\/(.+)$/s.exec(text) ?? [];
  if (isBucketName(bucket)) return { bucket, key };
  const hint = "Give the manifest of an export: its URL, pre-signed, or BUCKET/KEY as omi export prints it";
  throw new UsageError(`"${text}" is neither a URL nor an object in a bucket`, { hint });
}

/**
 * A URL by which the service can read the manifest. It is a secret, and is masked from now on.
 * @throws {UsageError} when the object is not there
 */
export async function manifestUrl(
  from: ManifestPlace,
  openBucket: () => Promise<RegionCloud>,
  signal: AbortSignal,
): Promise<string> {
  if ("url" in from) {
    maskSignature(from.url);
    return from.url;
  }
  const cloud = await openBucket();
  if ((await cloud.storage.head(from, { signal })) !== undefined) return importUrl(cloud, from);
  throw new UsageError(`There is no object "${from.bucket}/${from.key}" in ${cloud.place.region}`, {
    hint: "omi export prints the manifest's name; -from names the bucket's region",
  });
}

/** Of either version of signatures. */
function maskSignature(url: string): void {
  const { searchParams } = new URL(url);
  for (const [name, value] of searchParams) if (/signature/i.test(name)) secrets.add(value);
}
