import type { Access } from "../../outscale/access.ts";
import { resolveRegionAccess } from "../../outscale/region-access.ts";
import { type OnNotice, tellNotices } from "../../outscale/tell-notices.ts";
import type { Place } from "./place.ts";

/**
 * The way back to an account that a journal names: by the profile of then, or, when that is gone, by whatever else gives
 * credentials for the region. Whose they are is seen when they are used.
 * @throws {AuthError} when there are none
 */
export async function accessToPlace(
  { region, profile }: Place,
  env: NodeJS.ProcessEnv,
  onNotice?: OnNotice,
): Promise<Access> {
  if (profile === null) return tellNotices(await resolveRegionAccess({ region, env }), onNotice);
  try {
    return tellNotices(await resolveRegionAccess({ region, profile, env }), onNotice);
  } catch (error) {
    // What is wrong with the profile of then is what is to be told, unless there is another way.
    const other = await resolveRegionAccess({ region, env }).catch(() => Promise.reject(error));
    return tellNotices(other, onNotice);
  }
}
