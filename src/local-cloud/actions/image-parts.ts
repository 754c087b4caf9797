import type { BlockDeviceMappingImage, RequestOf } from "../../outscale/oapi.ts";
import { beginSnapshot } from "../begin-snapshot.ts";
import { ROOT_DEVICE_NAME } from "../device-names.ts";
import { checkQuotas } from "../quotas.ts";
import { Refusal } from "../refusal.ts";
import type { ImageParts } from "../register-image.ts";
import { checkLocation } from "../transfers/check-location.ts";
import { checkOwnRegion, launchableImage, ownVm, usableSnapshot } from "./access.ts";
import type { Call } from "./call.ts";
import { MOST_VOLUMES } from "./link-volume.ts";
import { volumeShape } from "./volume-rules.ts";

type Request = RequestOf<"CreateImage">;
type Mapping = NonNullable<Request["BlockDeviceMappings"]>[number];

/** The parts of the image that a request asks for, with the snapshots that it makes for them begun. */
export function imageParts(call: Call, request: Request): ImageParts {
  const given = [request.VmId, request.SourceImageId, request.FileLocation, request.BlockDeviceMappings];
  if (given.filter((value) => value !== undefined).length !== 1) {
    throw new Refusal(
      "bad-parameter",
      "CreateImage takes one of VmId, SourceImageId, BlockDeviceMappings and FileLocation",
    );
  }
  if (request.FileLocation !== undefined) return partsOfManifest(call, request, request.FileLocation);
  if (request.VmId !== undefined) return partsOfVm(call, request, request.VmId);
  if (request.SourceImageId !== undefined) return partsOfCopy(call, request, request.SourceImageId);
  return partsOfSnapshots(call, request, request.BlockDeviceMappings ?? []);
}

/** What the manifest says comes later: it is read once the request is answered. */
function partsOfManifest({ cloud }: Call, request: Request, location: string): ImageParts {
  checkLocation(cloud, location);
  return {
    ...wordsOf(request, {}),
    RootDeviceName: ROOT_DEVICE_NAME,
    State: "pending",
    BlockDeviceMappings: [],
    importFrom: { location, architecture: request.Architecture, productCodes: request.ProductCodes },
  };
}

/** Refers to the given snapshots. Without BootModes the platform registers `legacy` alone, whatever the source booted. */
function partsOfSnapshots(call: Call, request: Request, mappings: readonly Mapping[]): ImageParts {
  const RootDeviceName = request.RootDeviceName ?? ROOT_DEVICE_NAME;
  if (mappings.length > MOST_VOLUMES) {
    throw new Refusal("bad-parameter", `An image maps at most ${MOST_VOLUMES} volumes, as many as a VM takes`);
  }
  if (!mappings.some(({ DeviceName, Bsu }) => DeviceName === RootDeviceName && Bsu?.SnapshotId)) {
    throw new Refusal("bad-root-mapping", `No mapping gives ${RootDeviceName} a snapshot`);
  }
  return {
    ...wordsOf(request, {}),
    RootDeviceName,
    State: "available",
    BlockDeviceMappings: mappings.map((mapping) => mappingOf(call, mapping)),
  };
}

function mappingOf(call: Call, { DeviceName = "", Bsu, VirtualDeviceName }: Mapping): BlockDeviceMappingImage {
  if (Bsu === undefined) return { DeviceName, ...(VirtualDeviceName === undefined ? {} : { VirtualDeviceName }) };
  const snapshot = Bsu.SnapshotId === undefined ? undefined : usableSnapshot(call, Bsu.SnapshotId).api;
  if (snapshot && snapshot.State !== "completed") {
    throw new Refusal("bad-state", `The snapshot ${snapshot.SnapshotId} is ${snapshot.State}`);
  }
  const size = Bsu.VolumeSize ?? snapshot?.VolumeSize;
  if (size === undefined) throw new Refusal("bad-parameter", `The mapping of ${DeviceName} needs a size or a snapshot`);
  if (snapshot && size < snapshot.VolumeSize) {
    throw new Refusal("volume-too-small", `${DeviceName} is at least ${snapshot.VolumeSize} GiB, not ${size}`);
  }
  const { VolumeType, Iops } = volumeShape({ Size: size, VolumeType: Bsu.VolumeType ?? "standard", Iops: Bsu.Iops });
  return {
    DeviceName,
    Bsu: {
      DeleteOnVmDeletion: Bsu.DeleteOnVmDeletion ?? true,
      VolumeSize: size,
      VolumeType,
      ...(VolumeType === "io1" && Iops !== undefined ? { Iops } : {}),
      ...(snapshot ? { SnapshotId: snapshot.SnapshotId } : {}),
    },
  };
}

function partsOfVm(call: Call, request: Request, vmId: string): ImageParts {
  const { cloud, account } = call;
  const vm = ownVm(call, vmId);
  const volumes = cloud.store.volumes.values().filter(({ api }) => api.LinkedVolumes[0]?.VmId === vmId);
  checkQuotas(cloud, account.id, { snapshot_limit: volumes.length, concurrent_snapshot_limit: volumes.length });
  const { BootMode, ProductCodes } = vm.api;
  return {
    ...wordsOf(request, { BootModes: BootMode === undefined ? undefined : [BootMode], ProductCodes }),
    RootDeviceName: vm.api.RootDeviceName ?? ROOT_DEVICE_NAME,
    State: "pending",
    BlockDeviceMappings: volumes.map(({ id, api }) => {
      const snapshot = beginSnapshot(cloud, {
        accountId: account.id,
        source: { kind: "volume", id },
        sizeGib: api.Size,
      });
      const Bsu = {
        DeleteOnVmDeletion: true,
        SnapshotId: snapshot.id,
        VolumeSize: api.Size,
        VolumeType: api.VolumeType,
        ...(api.VolumeType === "io1" && api.Iops !== undefined ? { Iops: api.Iops } : {}),
      };
      return { DeviceName: api.LinkedVolumes[0]?.DeviceName ?? "", Bsu };
    }),
  };
}

function partsOfCopy(call: Call, request: Request, sourceId: string): ImageParts {
  const { cloud, account } = call;
  checkOwnRegion(call, request.SourceRegionName);
  const { api: source } = launchableImage(call, sourceId);
  if (source.State !== "available") throw new Refusal("bad-image-state", `The image ${sourceId} is ${source.State}`);
  const count = source.BlockDeviceMappings.filter(({ Bsu }) => Bsu?.SnapshotId).length;
  checkQuotas(cloud, account.id, { snapshot_limit: count, concurrent_snapshot_limit: count });
  const { Architecture, RootDeviceName } = source;
  return {
    ...wordsOf(request, source),
    ...{ Architecture, RootDeviceName },
    State: "pending",
    BlockDeviceMappings: source.BlockDeviceMappings.map((mapping) => copyOfMapping(call, mapping)),
  };
}

function copyOfMapping({ cloud, account }: Call, mapping: BlockDeviceMappingImage): BlockDeviceMappingImage {
  const snapshot = cloud.store.snapshots.get(mapping.Bsu?.SnapshotId ?? "");
  if (!snapshot) return mapping;
  const copy = beginSnapshot(cloud, {
    accountId: account.id,
    source: { kind: "snapshot", id: snapshot.id },
    sizeGib: snapshot.api.VolumeSize,
  });
  return { ...mapping, Bsu: { ...mapping.Bsu, SnapshotId: copy.id } };
}

type Words = Pick<ImageParts, "Architecture" | "BootModes" | "ProductCodes" | "TpmMandatory">;

/** What an image says of itself: as the request has it, else as what it is made of has it, else as the platform does. */
function wordsOf(request: Request, source: { readonly [Word in keyof Words]?: Words[Word] | undefined }): Words {
  return {
    Architecture: request.Architecture ?? "x86_64",
    BootModes: [...new Set(request.BootModes ?? source.BootModes ?? ["legacy"])].sort(),
    ProductCodes: request.ProductCodes ?? source.ProductCodes ?? ["0001"],
    TpmMandatory: request.TpmMandatory ?? source.TpmMandatory ?? false,
  };
}
