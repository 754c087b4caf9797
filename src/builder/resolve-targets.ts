import { AuthError, messageOf } from "../common/errors.ts";
import type { BuildConfig } from "../config/build-config.ts";
import type { Access } from "../outscale/access.ts";
import { resolveRegionAccess } from "../outscale/region-access.ts";
import { type OnNotice, tellNotices } from "../outscale/tell-notices.ts";

type TargetOptions = Pick<BuildConfig, "targetRegions" | "regionProfiles" | "skipCreateOmi">;

/**
 * The credentials of every region that is to have a copy, without the network.
 * @throws {AuthError} that names all regions without credentials
 */
export async function resolveTargets(
  config: TargetOptions,
  env: NodeJS.ProcessEnv,
  onNotice: OnNotice | undefined,
): Promise<readonly Access[]> {
  if (config.skipCreateOmi) return [];
  const resolved = await Promise.allSettled(
    config.targetRegions.map((region) => resolveRegionAccess({ region, profile: config.regionProfiles[region], env })),
  );
  const failures = resolved.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  const [first, ...others] = failures;
  if (first === undefined) {
    const found = resolved.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    return found.map((each) => tellNotices(each, onNotice));
  }
  if (others.length === 0 || failures.some((failure) => !(failure instanceof AuthError))) throw first;
  const hint = "Give each of them a profile: region_profiles, or one that is called like the region";
  throw new AuthError(failures.map(messageOf).join("; "), { hint });
}
