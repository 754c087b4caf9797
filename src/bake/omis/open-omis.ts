import { messageOf } from "../../common/errors.ts";
import { type DebugLog, noLog } from "../../common/log.ts";
import { engineSettings } from "../../config/engine-settings.ts";
import type { Access } from "../../outscale/access.ts";
import { resolveAccess } from "../../outscale/credentials.ts";
import { maskEnvironment } from "../../outscale/mask-environment.ts";
import { defaultCloudFolder, openLocalSession } from "../local-session.ts";

/** Whose OMIs are meant. */
export interface OmisInput {
  /** A profile with the account's credentials. */
  readonly profile?: string | undefined;
  /** The embedded local cloud, at its usual place or in another folder. */
  readonly local?: true | { readonly stateFolder: string } | undefined;
  /** Where records and journals are; the folder that builds use by default. */
  readonly stateFolder?: string | undefined;
  /** Told of every call of the API that is tried again. */
  readonly onRetry?: ((message: string) => void) | undefined;
  readonly log?: DebugLog | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** The account, found but not asked yet. */
export interface OpenOmis extends AsyncDisposable {
  readonly access: Access;
  readonly env: NodeJS.ProcessEnv;
  readonly stateFolder: string;
  readonly localCloud: string | undefined;
}

/** @throws {AuthError} when there are no credentials */
export async function openOmis(input: OmisInput): Promise<OpenOmis> {
  const { profile, local, log = noLog, env = process.env } = input;
  maskEnvironment(env);
  const localCloud = local === true ? defaultCloudFolder(env) : local?.stateFolder;
  const session = localCloud === undefined ? undefined : await openLocalSession(env, localCloud, log);
  try {
    const template = session === undefined && profile !== undefined ? { profile } : {};
    const { access } = await resolveAccess({ template, env: session?.env ?? env });
    return {
      access,
      env: session?.env ?? env,
      stateFolder: input.stateFolder ?? engineSettings(env).stateFolder,
      localCloud,
      [Symbol.asyncDispose]: async () => session?.[Symbol.asyncDispose](),
    };
  } catch (error) {
    await session?.[Symbol.asyncDispose]();
    log.write({ kind: "note", message: messageOf(error) });
    throw error;
  }
}
