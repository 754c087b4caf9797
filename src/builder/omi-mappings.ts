import { ConfigError } from "../common/errors.ts";
import type { BlockDeviceMapping, BuildConfig } from "../config/build-config.ts";
import type { BlockDeviceMappingImage } from "../outscale/oapi.ts";
import type { SourceOmi } from "./steps/check-root-device.ts";
import type { OmiParts } from "./steps/create-omi.ts";

/** The source's mappings with the configuration's merged over them by device name. */
export function mergeMappings(
  source: readonly BlockDeviceMappingImage[],
  overrides: readonly BlockDeviceMapping[],
): BlockDeviceMappingImage[] {
  const merged = new Map(source.map((mapping) => [mapping.DeviceName, mapping]));
  for (const override of overrides) {
    const { deviceName } = override;
    if (override.noDevice) merged.delete(deviceName);
    else merged.set(deviceName, mergeMapping(merged.get(deviceName), override));
  }
  return [...merged.values()];
}

type MappingOptions = Pick<BuildConfig, "rootDeviceName" | "omiBlockDeviceMappings">;

/** The device name of the new OMI's root: the source's, or the one that is chosen from scratch. */
export function productRootDevice(
  config: Pick<BuildConfig, "rootDeviceName">,
  source: Pick<SourceOmi, "rootDeviceName"> | undefined,
): string {
  return source?.rootDeviceName ?? config.rootDeviceName ?? "/dev/sda1";
}

/**
 * The mappings of the new OMI: the source's with the configuration's over them, but the root's carries the snapshot that
 * was built, whatever they say.
 * @throws {ConfigError} when the root's mapping is taken out, or smaller than what was built
 */
export function omiMappings(config: MappingOptions, parts: OmiParts): BlockDeviceMappingImage[] {
  const rootDeviceName = productRootDevice(config, parts.source);
  const overrides = config.omiBlockDeviceMappings;
  const merged = mergeMappings(parts.source?.image.BlockDeviceMappings ?? [], overrides);
  const override = overrides.find(({ deviceName }) => deviceName === rootDeviceName);
  if (!merged.some(({ DeviceName, Bsu }) => DeviceName === rootDeviceName && Bsu !== undefined)) {
    const message = `nothing maps the root device ${rootDeviceName}, so the OMI would not have what was built`;
    throw new ConfigError([{ option: "omi_block_device_mappings", message }]);
  }
  return merged.map((mapping) =>
    mapping.DeviceName === rootDeviceName ? rootMapping(mapping, override, parts) : mapping,
  );
}

/** The OMI's root may be larger or of another type than the volume it was built on, if its mapping says so. */
function rootMapping(
  { DeviceName, Bsu }: BlockDeviceMappingImage,
  override: BlockDeviceMapping | undefined,
  { volume, snapshotId }: OmiParts,
): BlockDeviceMappingImage {
  const sizeGib = override?.volumeSize ?? volume.sizeGib;
  if (sizeGib < volume.sizeGib) {
    const message = `the root device has volume_size = ${sizeGib}, less than the ${volume.sizeGib} GiB of the volume that is built`;
    throw new ConfigError([{ option: "omi_block_device_mappings", message, hint: "leave it out, or make it larger" }]);
  }
  const type = override?.volumeType ?? volume.type;
  const iops = override?.iops ?? volume.iops;
  return {
    DeviceName,
    Bsu: {
      DeleteOnVmDeletion: Bsu?.DeleteOnVmDeletion ?? true,
      SnapshotId: snapshotId,
      VolumeSize: sizeGib,
      VolumeType: type,
      ...(type === "io1" && iops !== undefined && { Iops: iops }),
    },
  };
}

function mergeMapping(
  source: BlockDeviceMappingImage | undefined,
  override: BlockDeviceMapping,
): BlockDeviceMappingImage {
  const { deviceName, virtualName, deleteOnVmDeletion, iops, snapshotId, volumeSize, volumeType } = override;
  if (virtualName !== undefined) return { DeviceName: deviceName, VirtualDeviceName: virtualName };
  const { Iops: sourceIops, ...bsu } = source?.Bsu ?? {};
  const type = volumeType ?? bsu.VolumeType;
  const io1Iops = iops ?? sourceIops;
  return {
    DeviceName: deviceName,
    Bsu: {
      ...bsu,
      ...(deleteOnVmDeletion !== undefined && { DeleteOnVmDeletion: deleteOnVmDeletion }),
      ...(snapshotId !== undefined && { SnapshotId: snapshotId }),
      ...(volumeSize !== undefined && { VolumeSize: volumeSize }),
      ...(type !== undefined && { VolumeType: type }),
      ...(type === "io1" && io1Iops !== undefined && { Iops: io1Iops }),
    },
  };
}
