import type { GeneratedData } from "../../../src/builder/hook.ts";

/** What a build tells its provisioners and post-processors. */
export const generatedData: GeneratedData = {
  ID: "vol-12345678",
  ConnType: "chroot",
  Device: "/dev/xvdf",
  MountPath: "/mnt",
  BuildRegion: "eu-west-2",
  SourceOMI: "ami-00000000",
  SourceOMIName: "base",
  SourceOMIOwner: "123456789012",
  SourceOMICreationDate: "2026-01-01T00:00:00.000Z",
  PackerRunUUID: "uuid",
};
