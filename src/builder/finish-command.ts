import type { BuildConfig } from "../config/build-config.ts";
import { shellQuote } from "../host/shell-quote.ts";

type CopyOptions = Pick<
  BuildConfig,
  "regionCopy" | "regionProfiles" | "omiAccountIds" | "omiIsPublic" | "snapshotAccountIds" | "profile"
>;

/** The command that makes the copies that a build could not make, with the same permissions. */
export function finishCommand(config: CopyOptions, imageId: string, regions: readonly string[]): string {
  const { bucket = "", prefix, createBucket, method } = config.regionCopy;
  const profiles = regions.flatMap((region) => {
    const profile = config.regionProfiles[region];
    return profile === undefined ? [] : ["-region-profile", `${region}=${profile}`];
  });
  const shared = (flag: string, accountIds: readonly string[]) =>
    regions.flatMap((region) => accountIds.flatMap((accountId) => [flag, `${region}=${accountId}`]));
  return shellQuote([
    ...["outscale-chroot", "omi", "copy", "-to", regions.join(","), "-bucket", bucket],
    ...(prefix === "outscale-chroot" ? [] : ["-prefix", prefix]),
    ...(createBucket ? ["-create-bucket"] : []),
    ...(method === "image" ? [] : ["-method", method]),
    ...(config.profile === undefined ? [] : ["-profile", config.profile]),
    ...profiles,
    ...(config.omiIsPublic ? ["-public"] : shared("-share", config.omiAccountIds)),
    ...shared("-share-snapshot", config.snapshotAccountIds),
    imageId,
  ]);
}
