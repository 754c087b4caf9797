import { expect, it } from "vitest";
import { finishCommand } from "./finish-command.ts";

const config = {
  regionCopy: { bucket: "acme", prefix: "outscale-chroot", createBucket: false, keepObjects: false, method: "image" },
  ...{ regionProfiles: {}, omiAccountIds: [], omiIsPublic: false, snapshotAccountIds: [], profile: undefined },
} as const;

it("finishCommand() names what is missing, and no more than is needed", () => {
  expect(finishCommand(config, "ami-1a2b3c4d", ["us-east-2", "us-west-1"])).toBe(
    "outscale-chroot omi copy -to us-east-2,us-west-1 -bucket acme ami-1a2b3c4d",
  );
});

it("finishCommand() asks for the same as the build", () => {
  const regionCopy = { ...config.regionCopy, prefix: "a b", createBucket: true, method: "snapshots" } as const;
  const access = { profile: "prod", regionProfiles: { "us-east-2": "prod us", "us-west-1": "other" } };
  const shared = { omiAccountIds: ["111111111111"], snapshotAccountIds: ["222222222222"] };
  expect(finishCommand({ ...config, regionCopy, ...access, ...shared }, "ami-1a2b3c4d", ["us-east-2"])).toBe(
    "outscale-chroot omi copy -to us-east-2 -bucket acme -prefix 'a b' -create-bucket -method snapshots -profile prod " +
      "-region-profile 'us-east-2=prod us' -share us-east-2=111111111111 -share-snapshot us-east-2=222222222222 ami-1a2b3c4d",
  );
  const open = { ...config, omiIsPublic: true, omiAccountIds: ["111111111111"] };
  expect(finishCommand(open, "ami-1a2b3c4d", ["us-east-2"])).toContain(" -public ami-");
});
