import { ConfigError } from "../../common/errors.ts";
import type { BuildConfig } from "../../config/build-config.ts";
import type { BlockDeviceMappingImage, Image } from "../../outscale/oapi.ts";
import type { Build } from "../build.ts";
import { step } from "../step.ts";

/** The source OMI with what the build takes from it. */
export interface SourceOmi {
  readonly image: Image;
  readonly rootDeviceName: string;
  readonly rootMapping: BlockDeviceMappingImage;
  readonly rootSnapshotId: string;
}

/**
 * Makes sure that the source OMI's root is a volume with a snapshot. The service writes `bsu` or `ebs` for the same.
 * @throws {ConfigError} when it is not, or when `root_device_name` or `root_volume_size` does not fit it
 */
export const checkRootDevice = step(
  "StepCheckRootDevice",
  async ({ config }: Build, { image }: { readonly image: Image }): Promise<SourceOmi> => fittingRootOf(config, image),
);

/** The root of an image that the configuration fits. @throws {ConfigError} when it does not */
export function fittingRootOf(config: Pick<BuildConfig, "rootDeviceName" | "rootVolumeSize">, image: Image): SourceOmi {
  const source = rootOf(image);
  const problems = [];
  if (config.rootDeviceName !== undefined && config.rootDeviceName !== source.rootDeviceName) {
    problems.push({
      option: "root_device_name",
      message: `is "${config.rootDeviceName}", but the root device of ${image.ImageId} is "${source.rootDeviceName}"`,
      hint: "leave it out with a source OMI",
    });
  }
  const sizeGib = source.rootMapping.Bsu?.VolumeSize;
  if (config.rootVolumeSize !== undefined && sizeGib !== undefined && config.rootVolumeSize < sizeGib) {
    problems.push({
      option: "root_volume_size",
      message: `is ${config.rootVolumeSize} GiB, but the root volume of ${image.ImageId} has ${sizeGib} GiB`,
      hint: "a volume cannot shrink",
    });
  }
  if (problems.length > 0) throw new ConfigError(problems, { resourceId: image.ImageId });
  return source;
}

/** The root mapping of an image. @throws {ConfigError} when it has no snapshot to start from */
export function rootOf(image: Image): SourceOmi {
  const type = image.RootDeviceType ?? "bsu";
  const rootDeviceName = image.RootDeviceName ?? "/dev/sda1";
  const rootMapping = image.BlockDeviceMappings.find(({ DeviceName }) => DeviceName === rootDeviceName);
  const rootSnapshotId = rootMapping?.Bsu?.SnapshotId;
  if (rootMapping !== undefined && rootSnapshotId !== undefined && (type === "bsu" || type === "ebs")) {
    return { image, rootDeviceName, rootMapping, rootSnapshotId };
  }
  const why =
    type === "bsu" || type === "ebs"
      ? `has no snapshot for its root device ${rootDeviceName}`
      : `has a root device of type "${type}"`;
  throw new ConfigError([{ option: "source_omi", message: `${image.ImageId} ${why}` }], {
    resourceId: image.ImageId,
    hint: "A build needs an OMI whose root is a BSU volume with a snapshot",
  });
}
