import type { BlockDeviceMappingImage, Image, PermissionsOnResource, RequestOf } from "../../outscale/oapi.ts";
import { ApiError } from "../api-error.ts";
import { type Cloud, newId, timestamp } from "../cloud.ts";
import { ROOT_DEVICE_NAME } from "../device-names.ts";
import { checkQuotas } from "../quotas.ts";
import { checkOwnRegion, launchableImage, ownVm, usableSnapshot } from "./access.ts";
import type { Call, Handler } from "./call.ts";
import { beginSnapshot } from "./create-snapshot.ts";
import { volumeShape } from "./volume-rules.ts";

type Request = RequestOf<"CreateImage">;
type Parts = Pick<
  Image,
  "Architecture" | "BlockDeviceMappings" | "BootModes" | "ProductCodes" | "RootDeviceName" | "State" | "TpmMandatory"
>;

/** 3 to 128 of these. @see OUTSCALE API, CreateImageRequest.ImageName */
const IMAGE_NAME = /^[A-Za-z0-9_ ()/.-]{3,128}$/;

/**
 * Registers an image: of snapshots, of a VM, or as a copy of an image that the account may launch (whose snapshots need
 * not be shared with it). A copy and an image of a VM have snapshots of their own and are `pending` until those are cut.
 */
export const createImage: Handler<"CreateImage"> = (call, request) => {
  const name = request.ImageName ?? nameOfCopy(call, request);
  checkName(call, name);
  const image = registerImage(call.cloud, call.account.id, {
    name,
    description: request.Description,
    ...partsOf(call, request),
  });
  return { Image: image };
};

function partsOf(call: Call, request: Request): Parts {
  const given = [request.VmId, request.SourceImageId, request.FileLocation, request.BlockDeviceMappings];
  if (given.filter((value) => value !== undefined).length !== 1) {
    throw new ApiError(
      "bad-parameter",
      "CreateImage takes one of VmId, SourceImageId, BlockDeviceMappings and FileLocation",
    );
  }
  if (request.FileLocation !== undefined) {
    throw new ApiError("not-supported-here", "The local cloud has no buckets: FileLocation cannot be imported");
  }
  if (request.VmId !== undefined) return partsOfVm(call, request, request.VmId);
  if (request.SourceImageId !== undefined) return partsOfCopy(call, request, request.SourceImageId);
  return partsOfSnapshots(call, request, request.BlockDeviceMappings ?? []);
}

/** Refers to the given snapshots. Without BootModes the platform registers `legacy` alone, whatever the source booted. */
function partsOfSnapshots(call: Call, request: Request, mappings: NonNullable<Request["BlockDeviceMappings"]>): Parts {
  const RootDeviceName = request.RootDeviceName ?? ROOT_DEVICE_NAME;
  if (!mappings.some(({ DeviceName, Bsu }) => DeviceName === RootDeviceName && Bsu?.SnapshotId)) {
    throw new ApiError("bad-root-mapping", `No mapping gives ${RootDeviceName} a snapshot`);
  }
  return {
    ...ownWords(request),
    RootDeviceName,
    State: "available",
    BlockDeviceMappings: mappings.map((mapping) => mappingOf(call, mapping)),
  };
}

function mappingOf(
  call: Call,
  { DeviceName = "", Bsu, VirtualDeviceName }: NonNullable<Request["BlockDeviceMappings"]>[number],
): BlockDeviceMappingImage {
  if (Bsu === undefined) return { DeviceName, ...(VirtualDeviceName === undefined ? {} : { VirtualDeviceName }) };
  const snapshot = Bsu.SnapshotId === undefined ? undefined : usableSnapshot(call, Bsu.SnapshotId).api;
  if (snapshot && snapshot.State !== "completed") {
    throw new ApiError("bad-state", `The snapshot ${snapshot.SnapshotId} is ${snapshot.State}`);
  }
  const size = Bsu.VolumeSize ?? snapshot?.VolumeSize;
  if (size === undefined)
    throw new ApiError("bad-parameter", `The mapping of ${DeviceName} needs a size or a snapshot`);
  if (snapshot && size < snapshot.VolumeSize) {
    throw new ApiError("volume-too-small", `${DeviceName} is at least ${snapshot.VolumeSize} GiB, not ${size}`);
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

function partsOfVm(call: Call, request: Request, vmId: string): Parts {
  const { cloud, account } = call;
  const vm = ownVm(call, vmId);
  const volumes = cloud.store.volumes.values().filter(({ api }) => api.LinkedVolumes[0]?.VmId === vmId);
  checkQuotas(cloud, account.id, { snapshot_limit: volumes.length, concurrent_snapshot_limit: volumes.length });
  return {
    ...ownWords(request),
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
      };
      return { DeviceName: api.LinkedVolumes[0]?.DeviceName ?? "", Bsu };
    }),
  };
}

function partsOfCopy(call: Call, request: Request, sourceId: string): Parts {
  const { cloud, account } = call;
  checkOwnRegion(call, request.SourceRegionName);
  const { api: source } = launchableImage(call, sourceId);
  if (source.State !== "available") throw new ApiError("bad-image-state", `The image ${sourceId} is ${source.State}`);
  const count = source.BlockDeviceMappings.filter(({ Bsu }) => Bsu?.SnapshotId).length;
  checkQuotas(cloud, account.id, { snapshot_limit: count, concurrent_snapshot_limit: count });
  const { Architecture, BootModes, ProductCodes, RootDeviceName, TpmMandatory } = source;
  return {
    ...{ Architecture, BootModes, ProductCodes, RootDeviceName, TpmMandatory },
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

function ownWords(request: Request): Pick<Parts, "Architecture" | "BootModes" | "ProductCodes" | "TpmMandatory"> {
  return {
    Architecture: request.Architecture ?? "x86_64",
    BootModes: request.BootModes ?? ["legacy"],
    ProductCodes: request.ProductCodes ?? ["0001"],
    TpmMandatory: request.TpmMandatory ?? false,
  };
}

/** A copy without a name is `{source}-copyN`, as in the older FCU API. */
function nameOfCopy(call: Call, request: Request): string {
  if (request.SourceImageId === undefined) throw new ApiError("bad-parameter", "ImageName is required");
  const { api } = launchableImage(call, request.SourceImageId);
  const names = new Set(
    call.cloud.store.images
      .values()
      .filter(({ accountId }) => accountId === call.account.id)
      .map((image) => image.api.ImageName),
  );
  let number = 1;
  while (names.has(`${api.ImageName}-copy${number}`)) number++;
  return `${api.ImageName}-copy${number}`;
}

function checkName({ cloud, account }: Call, name: string): void {
  if (!IMAGE_NAME.test(name)) {
    throw new ApiError("bad-image-name", `"${name}" is not 3 to 128 letters, digits, spaces and _ ( ) / . -`);
  }
  const namesake = cloud.store.images
    .values()
    .find(({ accountId, api }) => accountId === account.id && api.ImageName === name);
  if (namesake) throw new ApiError("duplicate-name", `The image ${namesake.id} has the name "${name}" already`);
}

type NewImage = Parts & {
  readonly name: string;
  readonly description?: string | undefined;
  /** Nobody but the owner when absent. */
  readonly permissions?: PermissionsOnResource;
};

/** Stores an image and begins what it waits for. */
export function registerImage(cloud: Cloud, accountId: string, input: NewImage): Image {
  const { name, description, permissions, ...parts } = input;
  const id = newId("ami");
  const alias = cloud.accounts.aliasOf(accountId);
  const api: Image = {
    ...parts,
    ImageId: id,
    ImageName: name,
    ImageType: "machine",
    Description: description ?? "",
    AccountId: accountId,
    ...(alias === undefined ? {} : { AccountAlias: alias }),
    CreationDate: timestamp(cloud),
    FileLocation: `${alias ?? accountId}/${name}`,
    RootDeviceType: "bsu",
    SecureBoot: false,
    StateComment: {},
    PermissionsToLaunch: permissions ?? { AccountIds: [], GlobalPermission: false },
    Tags: [],
  };
  cloud.store.images.put({ id, accountId, api });
  cloud.lifecycle.start("image", id);
  return api;
}
