import { checkRequests } from "../builder/check-requests.ts";
import { productSnapshots } from "../builder/copy-to-regions.ts";
import { renderOmiName } from "../builder/render-omi-name.ts";
import { findOwnImage } from "../builder/resources/image.ts";
import { fittingRootOf, type SourceOmi } from "../builder/steps/check-root-device.ts";
import { areSnapshotsUsable } from "../builder/steps/copy-source-omi.ts";
import { assertReplaceable } from "../builder/steps/pre-validate.ts";
import { searchOmi } from "../builder/steps/source-omi-info.ts";
import type { PreparedConfig } from "../config/prepare-config.ts";
import { readAccountId } from "../outscale/account-id.ts";
import type { Api } from "../outscale/api.ts";
import type { Image } from "../outscale/oapi.ts";
import { checkOtherRegions } from "./check-other-regions.ts";
import { type AccountOptions, openAccount } from "./open-account.ts";

/** What only the account can tell about a build; read, never changed. */
export interface AccountFacts {
  readonly accountId: string;
  readonly region: string;
  /** Undefined from scratch. */
  readonly source: SourceOmi | undefined;
  /** The source's snapshots may not all be used where they are. */
  readonly needsCopy: boolean;
  readonly omiName: string;
  /** The account's own OMI of that name: the build would replace it, or stop at it where it may skip what is unchanged. */
  readonly sameName: Image | undefined;
  /** Undefined when nothing but the metadata service says which VM this is. */
  readonly subregionName: string | undefined;
}

/**
 * Reads the account as a build would before it creates anything.
 * @throws {ConfigError} when the build could not go on with what is there
 * @throws {AuthError} when there are no credentials, or they are refused
 */
export async function readAccountFacts(
  { config, renderContext }: PreparedConfig,
  options: AccountOptions,
): Promise<AccountFacts> {
  await using account = await openAccount(config, options);
  const { api, region } = account;
  const accountId = await readAccountId(api);
  const cloud = { api, accountId, region, config, renderContext, signal: new AbortController().signal };
  const search = { sourceOmi: config.sourceOmi, filter: config.sourceFilter, ownAccountId: accountId };
  const source = config.fromScratch ? undefined : fittingRootOf(config, await searchOmi(cloud, search));
  const omiName = renderOmiName(cloud, source?.image);
  checkRequests(config, source);
  const sameName = config.skipCreateOmi ? undefined : await findOwnImage(cloud, omiName);
  // A build that finds its OMI unchanged never asks for the name.
  if (sameName !== undefined && !config.skipUnchanged) assertReplaceable(config, sameName);
  await checkOtherRegions(config, { accountId, omiName, snapshots: productSnapshots(config, source) }, options);
  const needsCopy = source !== undefined && !(await areSnapshotsUsable(cloud, source));
  const subregionName = config.vmId && (await readSubregion(api, config.vmId));
  return { accountId, region, source, needsCopy, omiName, sameName, subregionName };
}

async function readSubregion(api: Api, vmId: string): Promise<string | undefined> {
  const { Vms } = await api.readVms({ Filters: { VmIds: [vmId] } });
  return Vms[0]?.Placement?.SubregionName;
}
