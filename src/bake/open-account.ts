import { describeRetry } from "../builder/tell-retry.ts";
import type { DebugLog } from "../common/log.ts";
import type { Api } from "../outscale/api.ts";
import { createApi, type Retry } from "../outscale/client.ts";
import { resolveAccess, type TemplateAccess } from "../outscale/credentials.ts";
import { type OnNotice, tellNotices } from "../outscale/tell-notices.ts";

/** A connection to an account, for commands that only read it. */
export interface OpenAccount extends AsyncDisposable {
  readonly api: Api;
  readonly region: string;
}

/** How an account is read. */
export interface AccountOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly log: DebugLog;
  /** Told of every call of the API that is tried again: `ReadImages: retrying 4 of 8 in 2.1 s: connection refused`. */
  readonly onRetry?: ((message: string) => void) | undefined;
  readonly onNotice?: OnNotice | undefined;
}

/**
 * Connects with the credentials that a build of these options would use. Nothing is sent yet.
 * @throws {AuthError} when there are none
 */
export async function openAccount(
  template: TemplateAccess,
  { env, log, onRetry, onNotice }: AccountOptions,
): Promise<OpenAccount> {
  const access = tellNotices(await resolveAccess({ template, env }), onNotice);
  const tell = (retry: Retry) => onRetry?.(describeRetry(retry));
  const api = createApi({ access, env, log, onRetry: tell });
  return { api, region: access.region, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}
