import type { DebugLog } from "../../common/log.ts";
import { engineSettings } from "../../config/engine-settings.ts";
import { readAccountId } from "../../outscale/account-id.ts";
import { createApi } from "../../outscale/client.ts";
import { resolveAccess } from "../../outscale/credentials.ts";
import { readVmId } from "../../outscale/metadata.ts";

/** Whose builds a machine can bake. */
export interface BuilderAccount {
  readonly accountId: string;
  readonly region: string;
  /** Undefined where no metadata service says it: templates then have to. */
  readonly vmId: string | undefined;
}

/**
 * Asks the account of this machine's credentials who it is.
 * @throws {AuthError} when there are none, or they are refused
 */
export async function readBuilderAccount(env: NodeJS.ProcessEnv, log: DebugLog): Promise<BuilderAccount> {
  const { access } = await resolveAccess({ template: {}, env });
  await using api = createApi({ access, env, log });
  const accountId = await readAccountId(api);
  const { vmId, metadataEndpoint } = engineSettings(env);
  return {
    accountId,
    region: access.region,
    vmId: vmId ?? (await readVmId({ endpoint: metadataEndpoint }).catch(() => undefined)),
  };
}
