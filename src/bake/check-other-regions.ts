import { checkTarget, quotaProblem } from "../builder/region-copy/check-target.ts";
import { findBucket } from "../builder/region-copy/open-bucket.ts";
import { resolveTargets } from "../builder/resolve-targets.ts";
import { describeRetry } from "../builder/tell-retry.ts";
import { ConfigError } from "../common/errors.ts";
import type { BuildConfig } from "../config/build-config.ts";
import type { Access } from "../outscale/access.ts";
import { readAccountId } from "../outscale/account-id.ts";
import { createApi } from "../outscale/client.ts";
import { resolveAccess } from "../outscale/credentials.ts";
import { createObjectStorage } from "../outscale/object-storage/object-storage.ts";
import type { AccountOptions } from "./open-account.ts";

/** The OMI that is to get there. */
export interface FarOmi {
  readonly accountId: string;
  readonly omiName: string;
  readonly snapshots: number;
}

/**
 * Asks the other regions of a build, and the bucket on the way to them, as the build would before it makes anything; only that
 * the bucket can be written is left to it, as nothing is changed here.
 * @throws {ConfigError} with what a region has against it
 * @throws {AuthError} when there are no credentials for one, or they are refused
 * @throws {StorageError} when the bucket cannot be used
 */
export async function checkOtherRegions(config: BuildConfig, omi: FarOmi, options: AccountOptions): Promise<void> {
  const targets = await resolveTargets(config, options.env);
  if (targets.length === 0) return;
  await checkBucket(config, omi, options);
  const problems = await Promise.all(targets.map((access) => problemsOf(access, config, omi, options)));
  const all = problems.flat().map((problem) => ({ option: "omi_regions", ...problem }));
  if (all.length > 0) throw new ConfigError(all);
}

const { signal } = new AbortController();

async function checkBucket(config: BuildConfig, { accountId }: FarOmi, { env, log }: AccountOptions): Promise<void> {
  const { access } = await resolveAccess({ template: config, env });
  await using storage = createObjectStorage({ access, env, log });
  const { bucket = "", createBucket } = config.regionCopy;
  const place = { region: access.region, accountId, profile: access.profile ?? null };
  await findBucket({ source: { storage, place }, bucket, createBucket }, signal);
}

async function problemsOf(
  access: Access,
  config: BuildConfig,
  { omiName: name, snapshots }: FarOmi,
  { env, log, onRetry }: AccountOptions,
) {
  await using api = createApi({ access, env, log, onRetry: (retry) => onRetry?.(describeRetry(retry)) });
  const { region, profile = null } = access;
  const cloud = { api, place: { region, accountId: await readAccountId(api), profile } };
  // A name that is taken is replaced, or is that of an OMI that has not changed.
  const mayBeTaken = config.forceDeregister || config.skipUnchanged;
  if (mayBeTaken) return quotaProblem(cloud, { quota: "snapshot_limit", more: snapshots, signal });
  return checkTarget({ cloud, name, snapshots, signal });
}
