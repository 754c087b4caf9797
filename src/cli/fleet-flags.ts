import { parseDuration } from "../common/duration.ts";
import { UsageError } from "../common/errors.ts";
import { requireBucketName } from "./bucket-name.ts";
import type { Flags, FlagValues } from "./flags.ts";

/** The flags of every command that talks to a fleet. */
export const fleetFlags = {
  queue: {
    type: "string",
    value: "URL",
    about: "redis://HOST:PORT, rediss:// for TLS, or unix:/PATH; OUTSCALE_CHROOT_QUEUE by default",
  },
  key: { type: "string", value: "FILE", about: "the fleet key; OUTSCALE_CHROOT_FLEET_KEY_FILE by default" },
} as const satisfies Flags;

/** The flags of every command that writes or reads what travels through a bucket. */
export const bundleKeyFlags = {
  "bundle-profile": {
    type: "string",
    value: "NAME",
    about:
      "the profile with the keys of the bucket; OUTSCALE_CHROOT_BUNDLE_PROFILE, or else the keys of the environment",
  },
  "bundle-bucket-limit": {
    type: "string",
    value: "MIB",
    about: "how much may travel through the bucket; 4096 by default",
  },
} as const satisfies Flags;

/** The flags of every command that has builds done by a fleet. */
export const submitFlags = {
  account: { type: "string", value: "ID", about: "the account to build in; the workers' own by default" },
  region: { type: "string", value: "NAME", about: "the region to build in" },
  label: { type: "string", value: "NAME", about: "only workers that have this label" },
  priority: {
    type: "string",
    choices: ["high", "normal", "low"],
    about: "how urgent it is; normal by default",
  },
  group: { type: "string", value: "NAME", about: "the group it belongs to, such as a team; groups take turns" },
  retries: {
    type: "string",
    value: "N",
    about: "how often a build is tried again after a temporary failure; 2 by default",
  },
  "retry-delay": {
    type: "string",
    value: "DURATION",
    about: "the first pause, each next one is four times as long; 30s by default",
  },
  key: { type: "string", value: "FILE", about: "the fleet key" },
  include: { type: "strings", value: "PATH", about: "a file or folder to send as well; may be repeated" },
  "bundle-limit": { type: "string", value: "MIB", about: "how much may travel through the queue; 64 by default" },
  "bundle-bucket": {
    type: "string",
    value: "NAME",
    about: "files above 1 MiB travel through this bucket; OUTSCALE_CHROOT_BUNDLE_BUCKET by default",
  },
  "bundle-prefix": {
    type: "string",
    value: "TEXT",
    about: "where they are in it; OUTSCALE_CHROOT_BUNDLE_PREFIX, or else outscale-chroot/fleet",
  },
  ...bundleKeyFlags,
} as const satisfies Flags;

interface FleetFlagValues {
  readonly queue: string | undefined;
  readonly key: string | undefined;
}

/**
 * Where the queue is, and the key of its fleet.
 * @throws {UsageError | FleetError} when one of them is not given, or cannot be read
 */
export async function fleetAccess(flags: FleetFlagValues, env: NodeJS.ProcessEnv) {
  const { parseAddress } = await import("../fleet/queue/address.ts");
  const { readKeys } = await import("../fleet/seal/fleet-key.ts");
  return { address: parseAddress(await queueUrl(flags, env), env), keys: readKeys(flags.key, env) };
}

/** @throws {UsageError} when none is given */
export async function queueUrl(flags: Pick<FleetFlagValues, "queue">, env: NodeJS.ProcessEnv): Promise<string> {
  const { QUEUE_VARIABLE } = await import("../fleet/queue/address.ts");
  const queue = flags.queue ?? env[QUEUE_VARIABLE];
  if (queue) return queue;
  throw new UsageError("No queue is given", { hint: `give it by -queue URL or ${QUEUE_VARIABLE}` });
}

const MIB = 1024 ** 2;
/** Apart from what `omi export` has there: a rule that removes what is old is for these alone. */
const DEFAULT_PREFIX = "outscale-chroot/fleet";

/** How much may travel with a template through the queue, in bytes. */
export function bundleLimit(flags: { readonly "bundle-limit": string | undefined }): number {
  return limitOf("bundle-limit", flags["bundle-limit"] ?? "64");
}

type BundleKeyValues = FlagValues<typeof bundleKeyFlags>;

/** How much of it may travel through a bucket, in bytes. */
export function bundleBucketLimit(flags: Pick<BundleKeyValues, "bundle-bucket-limit">): number {
  return limitOf("bundle-bucket-limit", flags["bundle-bucket-limit"] ?? "4096");
}

function limitOf(flag: string, text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text) * MIB;
  throw new UsageError(`-${flag} must be a whole number of MiB, from 1 to 9999, not "${text}"`);
}

/** The profile with the keys of the bucket; undefined where the environment has them. */
export function bundleProfile(
  flags: Pick<BundleKeyValues, "bundle-profile">,
  env: NodeJS.ProcessEnv,
): string | undefined {
  return flags["bundle-profile"] ?? (env.OUTSCALE_CHROOT_BUNDLE_PROFILE || undefined);
}

/** They say how a bucket is used. The variables that stand for them are there for whoever names one. */
const FOR_BUCKET = ["bundle-prefix", "bundle-profile", "bundle-bucket-limit"] as const;

/**
 * The bucket that large files travel through; undefined when none is named.
 * @throws {UsageError} for what is no bucket's name, and for flags that would have no effect
 */
export function bundleBucket(
  flags: BundleKeyValues & Readonly<Record<"bundle-bucket" | "bundle-prefix", string | undefined>>,
  env: NodeJS.ProcessEnv,
) {
  const bucket = flags["bundle-bucket"] ?? (env.OUTSCALE_CHROOT_BUNDLE_BUCKET || undefined);
  if (bucket === undefined) {
    const odd = FOR_BUCKET.find((name) => flags[name] !== undefined);
    if (odd === undefined) return undefined;
    throw new UsageError(`-${odd} needs a bucket: without one everything travels through the queue`, {
      hint: "-bundle-bucket NAME or OUTSCALE_CHROOT_BUNDLE_BUCKET",
    });
  }
  return {
    bucket: requireBucketName(bucket),
    prefix: flags["bundle-prefix"] ?? (env.OUTSCALE_CHROOT_BUNDLE_PREFIX || DEFAULT_PREFIX),
    limitBytes: bundleBucketLimit(flags),
    profile: bundleProfile(flags, env),
  };
}

const MOST_RETRIES = 10;
const LONGEST_DELAY_MS = 15 * 60_000;

/** How often a build is tried again, and after what pause at first. */
export function retriesOf(flags: Partial<Record<"retries" | "retry-delay", string | undefined>>) {
  const most = flags.retries ?? "2";
  if (!/^\d+$/.test(most) || Number(most) > MOST_RETRIES)
    throw new UsageError(`-retries must be a whole number from 0 to ${MOST_RETRIES}, not "${most}"`);
  const delay = flags["retry-delay"] ?? "30s";
  const delayMs = parseDuration(delay);
  if (delayMs === undefined || delayMs <= 0 || delayMs > LONGEST_DELAY_MS)
    throw new UsageError(`-retry-delay must be a duration such as 30s, 15m at most, not "${delay}"`);
  return { most: Number(most), delayMs };
}
