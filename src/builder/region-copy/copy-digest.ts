import type { Image } from "../../outscale/oapi.ts";
import type { Permissions } from "../permissions.ts";
import { inputsDigestOf } from "../product-tags.ts";
import type { RegionCloud } from "./region-clouds.ts";
import { type CopyLook, rootDeviceOf } from "./register-copy.ts";

export interface CopyDigestInput {
  /** What is copied. */
  readonly image: Image;
  /** What the copy is to be. */
  readonly look: Pick<CopyLook, "name" | "launch" | "createVolume">;
  readonly signal: AbortSignal;
}

/**
 * What a copy of an OMI is to be found by: the OMI's own digest, when a build that finds the OMI unchanged would have made the
 * same copy. One that has another name, or that others may use otherwise, is not what the template asks for.
 */
export async function copyDigest(
  { api }: { readonly api: Pick<RegionCloud["api"], "readSnapshots"> },
  { image, look, signal }: CopyDigestInput,
): Promise<string | undefined> {
  const digest = inputsDigestOf(image);
  if (digest === undefined || look.name !== image.ImageName) return undefined;
  if (!isSame(image.PermissionsToLaunch, look.launch)) return undefined;
  const root = image.BlockDeviceMappings.find(({ DeviceName }) => DeviceName === rootDeviceOf(image))?.Bsu;
  if (root?.SnapshotId === undefined) return undefined;
  const { Snapshots } = await api.readSnapshots({ Filters: { SnapshotIds: [root.SnapshotId] } }, { signal });
  return isSame(Snapshots[0]?.PermissionsToCreateVolume, look.createVolume) ? digest : undefined;
}

/** What is public need name nobody. */
function isSame(granted: Image["PermissionsToLaunch"], { accountIds, isPublic }: Permissions): boolean {
  const { AccountIds = [], GlobalPermission = false } = granted ?? {};
  if (GlobalPermission !== isPublic) return false;
  return isPublic || listed(AccountIds) === listed(accountIds);
}

function listed(accountIds: readonly string[]): string {
  return [...new Set(accountIds)].sort().join();
}
