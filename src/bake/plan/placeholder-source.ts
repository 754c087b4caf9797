import { rootOf, type SourceOmi } from "../../builder/steps/check-root-device.ts";
import type { BuildConfig } from "../../config/build-config.ts";

/** What is read of a source OMI that nobody has looked at. */
export const AS_IN_SOURCE = "<as in the source OMI>";

/**
 * A source OMI for a plan without the account: it says of itself that it is not known, so that the rules of the build can
 * make their requests of it. A size is not a number, which is neither more nor less than any other.
 */
export function placeholderSource(config: BuildConfig): SourceOmi {
  const deviceName = config.rootDeviceName ?? "/dev/sda1";
  return rootOf({
    ImageId: config.sourceOmi ?? "<the source OMI>",
    ImageName: "<the source OMI's name>",
    AccountId: "<the source OMI's owner>",
    Architecture: AS_IN_SOURCE,
    CreationDate: "",
    State: "available",
    Description: AS_IN_SOURCE,
    RootDeviceName: deviceName,
    RootDeviceType: "bsu",
    Tags: [],
    BlockDeviceMappings: [
      {
        DeviceName: deviceName,
        Bsu: {
          SnapshotId: "<the source OMI's root snapshot>",
          VolumeSize: Number.NaN,
          VolumeType: config.rootVolumeType ?? AS_IN_SOURCE,
          Iops: Number.NaN,
        },
      },
    ],
  });
}
