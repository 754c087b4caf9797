import { shellQuote } from "../../host/shell-quote.ts";
import type { CopyWish } from "./copy-wish.ts";

export interface FinishInput {
  readonly wish: CopyWish;
  readonly imageId: string;
  /** Those that have no copy. */
  readonly regions: readonly string[];
  /** The state folder of the embedded cloud, where the run had one. */
  readonly localCloud: string | null | undefined;
}

/** The command that makes the copies that a build could not make, with the same permissions. */
export function finishCommand({ wish, imageId, regions, localCloud }: FinishInput): string {
  const flag = (name: string, value: string | null) => (value === null ? [] : [name, value]);
  const profiles = regions.flatMap((region) => {
    const profile = wish.regionProfiles[region];
    return profile === undefined ? [] : ["-region-profile", `${region}=${profile}`];
  });
  const shared = (name: string, accountIds: readonly string[]) =>
    regions.flatMap((region) => accountIds.flatMap((accountId) => [name, `${region}=${accountId}`]));
  const command = shellQuote([
    ...["outscale-chroot", "omi", "copy", "-to", regions.join(","), "-bucket", wish.bucket],
    ...(wish.prefix === "outscale-chroot" ? [] : ["-prefix", wish.prefix]),
    ...(wish.createBucket ? ["-create-bucket"] : []),
    ...(wish.keepObjects ? ["-keep-objects"] : []),
    ...(wish.method === "image" ? [] : ["-method", wish.method]),
    ...(wish.isForced ? ["-force"] : []),
    ...(wish.isForced && wish.areOldSnapshotsDeleted ? ["-force-delete-snapshot"] : []),
    ...flag("-profile", wish.profile),
    ...profiles,
    ...(wish.omiIsPublic ? ["-public"] : shared("-share", wish.omiAccountIds)),
    ...(wish.snapshotIsPublic ? ["-public-snapshot"] : shared("-share-snapshot", wish.snapshotAccountIds)),
    ...(localCloud ? ["-local", "-local-state", localCloud] : []),
    imageId,
  ]);
  // What a template says of the account's own region has no flag.
  const variables = [
    ...(wish.region === null ? [] : [`OSC_REGION=${shellQuote([wish.region])}`]),
    ...(wish.endpoint === null ? [] : [`OSC_ENDPOINT_API=${shellQuote([wish.endpoint])}`]),
  ];
  return [...variables, command].join(" ");
}
