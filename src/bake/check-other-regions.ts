import { askTogether } from "../builder/region-copy/ask-together.ts";
import { requireExport, requireRoom, requireTarget } from "../builder/region-copy/check-target.ts";
import { findBucket } from "../builder/region-copy/open-bucket.ts";
import { resolveTargets } from "../builder/resolve-targets.ts";
import { HOW_TO_REPLACE } from "../builder/steps/pre-validate.ts";
import { describeRetry } from "../builder/tell-retry.ts";
import type { BuildConfig } from "../config/build-config.ts";
import type { Access } from "../outscale/access.ts";
import { readAccountId } from "../outscale/account-id.ts";
import type { Api } from "../outscale/api.ts";
import { createApi } from "../outscale/client.ts";
import { resolveAccess } from "../outscale/credentials.ts";
import { createObjectStorage } from "../outscale/object-storage/object-storage.ts";
import { tellNotices } from "../outscale/tell-notices.ts";
import type { AccountOptions } from "./open-account.ts";

const OPTION = "omi_regions";
const { signal } = new AbortController();

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
  const targets = await resolveTargets(config, options.env, options.onNotice);
  if (targets.length === 0) return;
  await askTogether(
    [checkHome(config, omi, options), ...targets.map((access) => checkTarget(access, config, omi, options))],
    { bucket: "region_copy", other: OPTION },
  );
}

async function checkHome(config: BuildConfig, omi: FarOmi, options: AccountOptions): Promise<void> {
  const { env, log, onRetry, onNotice } = options;
  const access = tellNotices(await resolveAccess({ template: config, env }), onNotice);
  await using storage = createObjectStorage({
    ...{ access, env, log },
    onRetry: ({ operation, ...retry }) => onRetry?.(describeRetry({ action: operation, ...retry }, access.region)),
  });
  await using api = openApi(access, { env, log, onRetry });
  const { bucket = "", createBucket, method } = config.regionCopy;
  const place = { region: access.region, accountId: omi.accountId, profile: access.profile ?? null };
  const { snapshots } = omi;
  await askTogether(
    [
      findBucket({ source: { storage, place }, bucket, createBucket }, signal),
      requireExport({ api, place }, { snapshots, method, option: OPTION, signal }),
    ],
    { bucket: "region_copy", other: OPTION },
  );
}

async function checkTarget(
  access: Access,
  config: BuildConfig,
  { omiName: name, snapshots }: FarOmi,
  options: AccountOptions,
): Promise<void> {
  await using api = openApi(access, options);
  const { region, profile = null } = access;
  const cloud = { api, place: { region, accountId: await readAccountId(api), profile } };
  // A name that is taken is replaced, or is that of an OMI that has not changed.
  const mayBeTaken = config.forceDeregister || config.skipUnchanged;
  if (mayBeTaken) await requireRoom(cloud, { snapshots, option: OPTION, signal });
  else await requireTarget({ cloud, name, snapshots, ifTaken: HOW_TO_REPLACE, option: OPTION, signal });
}

/** There are several regions: of each call that is tried again it is said where it goes. */
function openApi(access: Access, { env, log, onRetry }: AccountOptions): Api & AsyncDisposable {
  return createApi({ access, env, log, onRetry: (retry) => onRetry?.(describeRetry(retry, access.region)) });
}
