import type { BuildConfig } from "../config/build-config.ts";
import { omiMappings } from "./omi-mappings.ts";
import type { SourceOmi } from "./steps/check-root-device.ts";
import { rootVolumeRequest } from "./steps/create-volume.ts";

/**
 * Makes the requests for the volume and the OMI in thought, for what they refuse: a build finds it out here, before it
 * has created or copied anything, and `plan` and `validate` find it out in the same way.
 * @throws {ConfigError}
 */
export function checkRequests(config: BuildConfig, source: SourceOmi | undefined): void {
  const { Size = 1, VolumeType = "standard", Iops } = rootVolumeRequest(config, { subregionName: "", source });
  const volume = { id: "", sizeGib: Size, type: VolumeType, iops: Iops };
  omiMappings(config, { volume, snapshotId: "", source });
}
