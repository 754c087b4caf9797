import { parseDuration } from "../common/duration.ts";
import { UsageError } from "../common/errors.ts";
import type { Flags } from "./flags.ts";

/** The flags of every command that talks to a fleet. */
export const fleetFlags = {
  queue: {
    type: "string",
    value: "URL",
    about: "redis://HOST:PORT, rediss:// for TLS, or unix:/PATH; OUTSCALE_CHROOT_QUEUE by default",
  },
  key: { type: "string", value: "FILE", about: "the fleet key; OUTSCALE_CHROOT_FLEET_KEY_FILE by default" },
} as const satisfies Flags;

/** The flags of every command that has builds done by a fleet. */
export const submitFlags = {
  account: { type: "string", value: "ID", about: "the account to build in; the workers' own by default" },
  region: { type: "string", value: "NAME", about: "the region to build in" },
  label: { type: "string", value: "NAME", about: "only workers that have this label" },
  priority: {
    type: "string",
    choices: ["high", "normal", "low"],
    about: "how soon it is wanted; normal is the default",
  },
  group: { type: "string", value: "NAME", about: "whose it is, such as a team: groups take turns" },
  retries: {
    type: "string",
    value: "N",
    about: "how often a build that failed for a reason that passes is tried again; 2 by default",
  },
  "retry-delay": { type: "string", value: "DURATION", about: "the first pause, which grows fourfold; 30s by default" },
  key: { type: "string", value: "FILE", about: "the fleet key" },
  include: { type: "strings", value: "PATH", about: "a file or folder that travels, too; may be repeated" },
  "bundle-limit": { type: "string", value: "MIB", about: "how much may travel; 64 by default" },
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
  const { parseAddress } = await import("../fleet/queue/connection.ts");
  const { readKeys } = await import("../fleet/seal/fleet-key.ts");
  return { address: parseAddress(await queueUrl(flags, env), env), keys: readKeys(flags.key, env) };
}

/** @throws {UsageError} when none is given */
export async function queueUrl(flags: Pick<FleetFlagValues, "queue">, env: NodeJS.ProcessEnv): Promise<string> {
  const { QUEUE_VARIABLE } = await import("../fleet/queue/connection.ts");
  const queue = flags.queue ?? env[QUEUE_VARIABLE];
  if (queue) return queue;
  throw new UsageError("No queue is given", { hint: `give it by -queue URL or ${QUEUE_VARIABLE}` });
}

const MIB = 1024 ** 2;

/** How much may travel with a template, in bytes. */
export function bundleLimit(flags: { readonly "bundle-limit": string | undefined }): number {
  const text = flags["bundle-limit"] ?? "64";
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text) * MIB;
  throw new UsageError(`-bundle-limit must be a whole number of MiB, from 1 to 9999, not "${text}"`);
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
