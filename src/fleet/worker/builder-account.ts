import type { Ui } from "../../builder/ui.ts";
import { engineSettings } from "../../config/engine-settings.ts";
import type { Access } from "../../outscale/access.ts";
import { readAccountId } from "../../outscale/account-id.ts";
import type { Api } from "../../outscale/api.ts";
import { readVmId } from "../../outscale/metadata.ts";

/** Whose builds a machine can bake. */
export interface BuilderAccount {
  readonly accountId: string;
  readonly region: string;
  /** The VM that this is, as the account shows it; undefined when nobody could prove that it is gone. */
  readonly vmId: string | undefined;
}

interface ReadAccountOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly access: Access;
  readonly ui: Ui;
  readonly signal: AbortSignal;
}

/**
 * Asks the account of this machine's credentials who it is.
 * @throws {AuthError} when they are refused
 * @throws {CancelledError} as soon as the signal fires
 */
export async function readBuilderAccount(api: Api, options: ReadAccountOptions): Promise<BuilderAccount> {
  const { access, signal } = options;
  const accountId = await readAccountId(api, { signal });
  return { accountId, region: access.region, vmId: await readOwnVm(api, options) };
}

async function readOwnVm(api: Api, { env, ui, signal }: ReadAccountOptions): Promise<string | undefined> {
  const { vmId, metadataEndpoint } = engineSettings(env);
  const named = vmId ?? (await readVmId({ endpoint: metadataEndpoint }).catch(() => undefined));
  const { Vms } = named === undefined ? { Vms: [] } : await api.readVms({ Filters: { VmIds: [named] } }, { signal });
  if (named !== undefined && Vms.some(({ VmId }) => VmId === named)) return named;
  const why =
    named === undefined ? "no metadata service says which VM this is" : `the account does not show the VM ${named}`;
  ui.warn(`Should this machine be lost, no other worker could prove it, and its builds would wait: ${why}`);
  return undefined;
}
