import { describeRetry } from "../../builder/tell-retry.ts";
import { noLog } from "../../common/log.ts";
import { readAccountId } from "../../outscale/account-id.ts";
import { createApi } from "../../outscale/client.ts";
import { knownSources } from "./known-sources.ts";
import { type OmisInput, openOmis } from "./open-omis.ts";
import { type OwnImage, readOwnImages } from "./own-image.ts";

/** The OMIs of an account in its region. */
export interface ImageList {
  readonly accountId: string;
  readonly region: string;
  /** Newest first. */
  readonly images: readonly OwnImage[];
}

/**
 * Lists the account's own OMIs, with what uses them. Changes nothing.
 * @throws {AuthError} when there are no credentials, or they are refused
 * @throws {CancelledError} as soon as the signal fires
 */
export async function listImages(input: OmisInput = {}): Promise<ImageList> {
  await using omis = await openOmis(input);
  const { access, env, stateFolder } = omis;
  const { log = noLog, onRetry, signal } = input;
  await using api = createApi({ access, env, log, onRetry: (retry) => onRetry?.(describeRetry(retry)) });
  const accountId = await readAccountId(api, { signal });
  const images = await readOwnImages(api, { accountId, signal, knownSources: knownSources(stateFolder) });
  return { accountId, region: access.region, images };
}
