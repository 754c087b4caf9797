import type { DebugLog } from "../common/log.ts";
import type { Api } from "../outscale/api.ts";
import { createApi } from "../outscale/client.ts";
import { resolveAccess, type TemplateAccess } from "../outscale/credentials.ts";

/** A connection to an account, for commands that only read it. */
export interface OpenAccount extends AsyncDisposable {
  readonly api: Api;
  readonly region: string;
}

/**
 * Connects with the credentials that a build of these options would use. Nothing is sent yet.
 * @throws {AuthError} when there are none
 */
export async function openAccount(
  template: TemplateAccess,
  { env, log }: { readonly env: NodeJS.ProcessEnv; readonly log: DebugLog },
): Promise<OpenAccount> {
  const { access } = await resolveAccess({ template, env });
  const api = createApi({ access, env, log });
  return { api, region: access.region, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}
