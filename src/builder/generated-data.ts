import type { Image } from "../outscale/oapi.ts";
import type { Build } from "./build.ts";
import type { GeneratedData } from "./hook.ts";
import type { OpenImage } from "./open-image.ts";
import type { RootVolume } from "./steps/create-volume.ts";

/** The names that {@link generatedData} gives, which doors announce before a build runs. */
export const generatedDataNames = [
  "ID",
  "ConnType",
  "Device",
  "MountPath",
  "BuildRegion",
  "SourceOMI",
  "SourceOMIName",
  "SourceOMIOwner",
  "SourceOMICreationDate",
  "PackerRunUUID",
] as const;

interface GeneratedDataInput {
  readonly volume: RootVolume;
  /** The source OMI as the user named it, not the temporary copy of it. */
  readonly original: Image | undefined;
  readonly image: OpenImage;
}

/** What provisioners and post-processors find under `build.*`. Nothing is ever absent: from scratch it is empty. */
export function generatedData(build: Build, { volume, original, image }: GeneratedDataInput): GeneratedData {
  return {
    ...sourceData(build, original),
    ID: volume.id,
    Device: image.links.devicePath,
    MountPath: image.mountPath,
  };
}

/** The same of a build that has no volume, as it builds nothing. */
export function sourceData(build: Build, original: Image | undefined): GeneratedData {
  return {
    ID: "",
    ConnType: "chroot",
    Device: "",
    MountPath: "",
    BuildRegion: build.region,
    SourceOMI: original?.ImageId ?? "",
    SourceOMIName: original?.ImageName ?? "",
    SourceOMIOwner: original?.AccountId ?? "",
    SourceOMICreationDate: original?.CreationDate ?? "",
    PackerRunUUID: build.runUuid,
  };
}
