import type { Ui } from "../../builder/ui.ts";
import { messageOf } from "../../common/errors.ts";
import { type DebugLog, noLog } from "../../common/log.ts";
import { engineSettings } from "../../config/engine-settings.ts";
import type { Access } from "../../outscale/access.ts";
import { resolveAccess } from "../../outscale/credentials.ts";
import { maskEnvironment } from "../../outscale/mask-environment.ts";
import { eachNoticeOnce, type OnNotice, tellNotices } from "../../outscale/tell-notices.ts";
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
  /** Told what the user should know of how the credentials were found: deprecated variables, settings without effect. */
  readonly onNotice?: OnNotice | undefined;
  /** Stops it. */
  readonly signal?: AbortSignal | undefined;
  readonly log?: DebugLog | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** The account, found but not asked yet. */
export interface OpenOmis extends AsyncDisposable {
  readonly access: Access;
  /** For what is found later, in other regions. */
  readonly onNotice: OnNotice;
  readonly env: NodeJS.ProcessEnv;
  readonly stateFolder: string;
  readonly localCloud: string | undefined;
}

/**
 * @param input What has a `ui`, and does not listen to notices itself, is warned by it
 * @throws {AuthError} when there are no credentials
 */
export async function openOmis(input: OmisInput & { readonly ui?: Pick<Ui, "warn"> }): Promise<OpenOmis> {
  const { profile, local, log = noLog, env = process.env, ui } = input;
  const onNotice = eachNoticeOnce(input.onNotice ?? ((notice) => ui?.warn(notice)));
  maskEnvironment(env);
  const localCloud = local === true ? defaultCloudFolder(env) : local?.stateFolder;
  const session = localCloud === undefined ? undefined : await openLocalSession(env, localCloud, log);
  try {
    const template = session === undefined && profile !== undefined ? { profile } : {};
    const access = tellNotices(await resolveAccess({ template, env: session?.env ?? env }), onNotice);
    return {
      access,
      onNotice,
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
