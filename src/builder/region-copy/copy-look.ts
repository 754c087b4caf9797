import type { Image, ResourceTag } from "../../outscale/oapi.ts";
import { OWN_TAGS } from "../product-tags.ts";
import { snapshotIdsOf } from "../resources/image.ts";
import type { RegionCloud } from "./region-clouds.ts";
import type { CopyLook } from "./register-copy.ts";

/** The words and tags of an OMI, which its copies get, but for what this program says of the OMI itself. */
export async function copyLook(
  { api }: Pick<RegionCloud, "api">,
  image: Image,
  { name, signal }: { readonly name: string; readonly signal: AbortSignal },
): Promise<Omit<CopyLook, "like" | "launch" | "createVolume">> {
  const { Snapshots } = await api.readSnapshots({ Filters: { SnapshotIds: snapshotIdsOf(image) } }, { signal });
  const snapshotTags = image.BlockDeviceMappings.flatMap(({ DeviceName, Bsu }) => {
    const snapshot = Snapshots.find(({ SnapshotId }) => SnapshotId === Bsu?.SnapshotId);
    return snapshot === undefined ? [] : [[DeviceName, usersTags(snapshot.Tags)] as const];
  });
  return { name, description: image.Description, tags: usersTags(image.Tags), snapshotTags: new Map(snapshotTags) };
}

function usersTags(tags: readonly ResourceTag[]): readonly ResourceTag[] {
  return tags.filter(({ Key }) => !Key.startsWith(OWN_TAGS));
}
