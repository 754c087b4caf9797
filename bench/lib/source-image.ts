import type { Bakery } from "../../tests/support/bake/bake.ts";

/** The seeded system as an OMI of the builder's own, so that no build has to copy it. */
export async function registerSource({ api, cloud }: Bakery): Promise<{ imageId: string; snapshotId: string }> {
  const { Images } = await api.readImages({ Filters: { AccountAliases: ["Outscale"] } });
  const copy = { ImageName: "source", SourceImageId: Images[0]?.ImageId, SourceRegionName: "eu-west-2" };
  const { Image } = await api.createImage(copy);
  await cloud.idle();
  const made = await api.readImages({ Filters: { ImageIds: [Image.ImageId] } });
  const snapshotId = made.Images[0]?.BlockDeviceMappings[0]?.Bsu?.SnapshotId ?? "";
  return { imageId: Image.ImageId, snapshotId };
}
