import { ConfigError } from "../../common/errors.ts";
import type { BuildConfig } from "../../config/build-config.ts";
import type { RequestOf } from "../../outscale/oapi.ts";
import type { Build } from "../build.ts";
import type { Base } from "../journal/entry.ts";
import { renderTags, sourceValues } from "../render-late.ts";
import { volumeKind } from "../resources/volume.ts";
import { createTags } from "../run-tags.ts";
import type { Scope } from "../scope.ts";
import { step } from "../step.ts";
import type { SourceOmi } from "./check-root-device.ts";
import type { BuilderVm } from "./vm-info.ts";
import { waitProgress } from "./wait-progress.ts";

/** The root volume of the build. */
export interface RootVolume {
  readonly id: string;
  readonly sizeGib: number;
  readonly type: string;
  readonly iops: number | undefined;
}

export interface CreateVolumeInput {
  readonly vm: BuilderVm;
  /** Undefined: from scratch. */
  readonly source: SourceOmi | undefined;
  readonly temporary: Scope;
}

/**
 * Creates the root volume, from the source OMI's root snapshot or empty, and waits until it is `available`. Nobody
 * waits for it but this build: the device lock is taken later.
 *
 * Acquires: the volume, always deleted at the end.
 * @throws {WaitError} when it ends in `error` or is not ready in time
 */
export const createVolume = step(
  "StepCreateVolume",
  async (build: Build, { vm, source, temporary }: CreateVolumeInput): Promise<RootVolume> => {
    const { api, config, ui, waiters, signal } = build;
    const request = rootVolumeRequest(config, { subregionName: vm.subregionName, source });
    ui.say(source ? `Creating the root volume from ${request.SnapshotId}...` : "Creating an empty root volume...");
    build.journal.base(baseOf(build, { vm, source, request }));
    const clientToken = build.newClientToken("volume");
    const lease = await temporary.acquire(volumeKind, { clientToken, vmId: vm.id }, async () => {
      return (await api.createVolume({ ...request, ClientToken: clientToken })).Volume.VolumeId;
    });
    await createTags(
      build,
      [lease.id],
      renderTags(build, "root_volume_tags", config.rootVolumeTags, sourceValues(build.region, source?.image)),
    );
    await build.runTags.add(lease.id);
    const volume = await waiters.volume(lease.id, {
      until: "available",
      sizeGib: request.Size ?? source?.rootMapping.Bsu?.VolumeSize,
      signal,
      onProgress: waitProgress(build, `the volume ${lease.id}`),
    });
    ui.message(`Volume ${lease.id}: ${volume.Size} GiB, ${volume.VolumeType}`);
    return { id: lease.id, sizeGib: volume.Size, type: volume.VolumeType, iops: volume.Iops };
  },
);

/** What the volume is made from: a run can be resumed only as long as the template still asks for the same. */
export function baseOf(
  { config }: Pick<Build, "config">,
  { vm, source, request }: Pick<CreateVolumeInput, "vm" | "source"> & { readonly request: RequestOf<"CreateVolume"> },
): Base {
  return {
    from_scratch: config.fromScratch,
    source_omi: source?.image.ImageId ?? null,
    root_device_name: source?.rootDeviceName ?? config.rootDeviceName ?? null,
    root_volume_size: request.Size ?? null,
    root_volume_type: request.VolumeType ?? null,
    iops: request.Iops ?? null,
    mount_partition: config.mountPartition ?? null,
    vm_id: vm.id,
  };
}

/**
 * The request for the root volume: the source mapping's size and type unless the configuration says otherwise. `Iops`
 * goes with `io1` alone, as the service refuses it elsewhere.
 * @throws {ConfigError} when `io1` is wanted and nothing says how many iops
 */
export function rootVolumeRequest(
  config: Pick<
    BuildConfig,
    "fromScratch" | "rootVolumeSize" | "rootVolumeType" | "omiBlockDeviceMappings" | "rootDeviceName"
  >,
  { subregionName, source }: { readonly subregionName: string; readonly source: SourceOmi | undefined },
): RequestOf<"CreateVolume"> {
  const bsu = source?.rootMapping.Bsu;
  const rootDeviceName = source?.rootDeviceName ?? config.rootDeviceName;
  const override = config.omiBlockDeviceMappings.find(({ deviceName }) => deviceName === rootDeviceName);
  const volumeType = config.rootVolumeType ?? override?.volumeType ?? bsu?.VolumeType ?? (source ? undefined : "gp2");
  const size = config.rootVolumeSize ?? bsu?.VolumeSize;
  const iops = override?.iops ?? (bsu?.VolumeType === "io1" ? bsu.Iops : undefined);
  if (volumeType === "io1" && iops === undefined) {
    throw new ConfigError([
      {
        option: "root_volume_type",
        message: 'is "io1", but nothing says how many iops',
        hint: "set iops in the root device's omi_block_device_mappings",
      },
    ]);
  }
  return {
    SubregionName: subregionName,
    ...(source && { SnapshotId: source.rootSnapshotId }),
    ...(size !== undefined && { Size: size }),
    ...(volumeType !== undefined && { VolumeType: volumeType }),
    ...(volumeType === "io1" && iops !== undefined && { Iops: iops }),
  };
}
