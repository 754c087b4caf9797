import { expect, it } from "vitest";
import type { CopyWish } from "./copy-wish.ts";
import { finishCommand } from "./finish-command.ts";

const wish: CopyWish = {
  ...{ regions: ["us-east-2", "us-west-1"], bucket: "acme", prefix: "outscale-chroot" },
  ...{ createBucket: false, keepObjects: false, method: "image" },
  ...{ profile: null, region: null, endpoint: null, regionProfiles: {} },
  ...{ omiAccountIds: [], omiIsPublic: false, snapshotAccountIds: [], snapshotIsPublic: false },
  ...{ isForced: false, areOldSnapshotsDeleted: false },
};
const imageId = "ami-1a2b3c4d";
const localCloud = null;

it("finishCommand() names what is missing, and no more than is needed", () => {
  expect(finishCommand({ wish, imageId, localCloud, regions: ["us-east-2", "us-west-1"] })).toBe(
    "outscale-chroot omi copy -to us-east-2,us-west-1 -bucket acme ami-1a2b3c4d",
  );
});

it("finishCommand() asks for the same as the build", () => {
  const command = (more: Partial<CopyWish>, local: string | null = null) =>
    finishCommand({ wish: { ...wish, ...more }, imageId, localCloud: local, regions: ["us-east-2"] });
  const through = { prefix: "a b", createBucket: true, keepObjects: true, method: "snapshots" } as const;
  const access = { profile: "prod", regionProfiles: { "us-east-2": "prod us", "us-west-1": "other" } };
  const shared = { omiAccountIds: ["111111111111"], snapshotAccountIds: ["222222222222"] };
  expect(command({ ...through, ...access, ...shared })).toBe(
    "outscale-chroot omi copy -to us-east-2 -bucket acme -prefix 'a b' -create-bucket -keep-objects -method snapshots " +
      "-profile prod -region-profile 'us-east-2=prod us' -share us-east-2=111111111111 " +
      "-share-snapshot us-east-2=222222222222 ami-1a2b3c4d",
  );
  expect(command({ ...shared, omiIsPublic: true, snapshotIsPublic: true })).toContain(" -public -public-snapshot ami-");
  expect(command({ isForced: true })).toContain(" -force ami-");
  expect(command({ isForced: true, areOldSnapshotsDeleted: true })).toContain(" -force -force-delete-snapshot ami-");
  expect(command({}, "/a cloud")).toContain(" -local -local-state '/a cloud' ami-");
  expect(command({ region: "eu-west-2", endpoint: "https://api.here" })).toMatch(
    /^OSC_REGION=eu-west-2 OSC_ENDPOINT_API=https:\/\/api.here outscale-chroot omi copy /,
  );
});
