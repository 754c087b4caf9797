import { AuthError, messageOf } from "../../common/errors.ts";
import type { Access } from "../../outscale/access.ts";
import { isAuth } from "../../outscale/errors.ts";
import type { RunContext } from "../run-context.ts";
import type { RegionCloud } from "./region-clouds.ts";

/** Connects to the account of a region. @throws {AuthError} that says whose credentials are refused */
export async function openRegion(
  { regions, signal }: Pick<RunContext, "regions" | "signal">,
  access: Access,
): Promise<RegionCloud> {
  try {
    return await regions.open(access, signal);
  } catch (cause) {
    if (!isAuth(cause)) throw cause;
    const from = access.profile === undefined ? "the environment" : `the profile "${access.profile}"`;
    const message = `The credentials for ${access.region}, which come from ${from}, are refused: ${messageOf(cause)}`;
    const hint = "Give that region's own: region_profiles, or -region-profile, says where they are";
    throw new AuthError(message, { cause, hint });
  }
}
