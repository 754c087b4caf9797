import { z } from "zod";
import { importUrl } from "../../builder/region-copy/export-image.ts";
import type { RegionCloud } from "../../builder/region-copy/region-clouds.ts";
import { UsageError } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";
import { isBucketName } from "../../outscale/object-storage/addresses.ts";
import { readUrl } from "../../outscale/object-storage/read-url.ts";

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
  typed: string,
): { readonly url: string } | { readonly bucket: string; readonly key: string } {
  const text = typed.trim();
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return { url: text };
  const [, bucket = "", key = ""] = /^([^/]+)\/(.+)$/s.exec(text) ?? [];
  if (isBucketName(bucket) && !SIGNATURE.test(key)) return { bucket, key };
  const hint = "Give the manifest of an export: its whole URL, pre-signed, or BUCKET/KEY as omi export prints it";
  throw new UsageError(`"${withoutSecrets(text)}" is neither a URL nor an object in a bucket`, { hint });
}

/** The query of a pre-signed URL, of either version of signatures: what has one is a URL that has lost its beginning. */
const SIGNATURE = /[?&](x-amz-)?signature=/i;

/** What may be a URL with a mistake in it: its query is a signature, and before the host there may be a password. */
function withoutSecrets(text: string): string {
  const beforeQuery = text.replace(/\?.*$/s, "?...");
  return beforeQuery
    .replace(new RegExp(`${SIGNATURE.source}.*$`, "is"), "&...")
    .replace(/^([^/]*\/\/)[^/]*@/, "$1...@");
}

/** A manifest that an import can be made of. */
export interface FoundManifest {
  /** By which the service can read it. It is a secret, and is masked. */
  readonly url: string;
  /** How many snapshots it names; 1 when it cannot be read from here, or is none: what it is the service judges. */
  readonly snapshots: number;
}

interface FindManifestOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** @throws {UsageError} when the object is not there */
export async function findManifest(
  from: ManifestPlace,
  openBucket: () => Promise<RegionCloud>,
  { env, signal }: FindManifestOptions,
): Promise<FoundManifest> {
  if ("url" in from) {
    maskSignature(from.url);
    const bytes = await readUrl(from.url, { env, mostBytes: MOST_BYTES, signal });
    return { url: from.url, snapshots: countSnapshots(bytes) };
  }
  const cloud = await openBucket();
  const info = await cloud.storage.head(from, { signal });
  if (info === undefined) {
    throw new UsageError(`There is no object "${from.bucket}/${from.key}" in ${cloud.place.region}`, {
      hint: "omi export prints the manifest's name; -from names the bucket's region",
    });
  }
  const isShort = info.sizeBytes <= MOST_BYTES;
  const bytes = isShort ? await cloud.storage.read(from, { mostBytes: MOST_BYTES, signal }) : undefined;
  return { url: importUrl(cloud, from), snapshots: countSnapshots(bytes) };
}

/** A manifest has a few lines for each disk; what is longer is none. */
const MOST_BYTES = 1024 * 1024;
const manifest = z.object({ Image: z.object({ Snapshots: z.array(z.unknown()).min(1) }) });

function countSnapshots(bytes: Buffer | undefined): number {
  try {
    return manifest.parse(JSON.parse(String(bytes))).Image.Snapshots.length;
  } catch {
    return 1;
  }
}

/** Of either version of signatures. */
function maskSignature(url: string): void {
  const { searchParams, password } = new URL(url);
  secrets.add(password);
  for (const [name, value] of searchParams) if (/signature/i.test(name)) secrets.add(value);
}
