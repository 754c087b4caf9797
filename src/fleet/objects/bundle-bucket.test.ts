import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bundleAccess } from "./bundle-bucket.ts";

let folder: string;
let config: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bundle-keys-"));
  config = join(folder, "config.json");
  const bucket = { access_key: "AKPROFILE", secret_key: "SKPROFILE", region: "eu-west-2" };
  writeFileSync(config, JSON.stringify({ bucket, tokyo: { ...bucket, region: "ap-northeast-1" } }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const cloudKeys = { OSC_ACCESS_KEY: "AKCLOUD", OSC_SECRET_KEY: "SKCLOUD" };
const ownKeys = { OUTSCALE_CHROOT_BUNDLE_ACCESS_KEY: "AKBUCKET", OUTSCALE_CHROOT_BUNDLE_SECRET_KEY: "SKBUCKET" };

async function access(
  env: NodeJS.ProcessEnv,
  { profile, region = "eu-west-2" }: { profile?: string; region?: string } = {},
) {
  return (await bundleAccess({ region, profile, env: { OSC_CONFIG_FILE: config, ...env } })).access;
}

describe("bundleAccess()", () => {
  it("takes the profile that is named, else the keys for the bucket alone, else those for the cloud", async () => {
    expect(await access({ ...cloudKeys, ...ownKeys }, { profile: "bucket" })).toMatchObject({ accessKey: "AKPROFILE" });
    expect(await access({ ...cloudKeys, ...ownKeys })).toMatchObject({ accessKey: "AKBUCKET", secretKey: "SKBUCKET" });
    expect(await access(cloudKeys)).toMatchObject({ accessKey: "AKCLOUD", secretKey: "SKCLOUD" });
    expect(await access({ ...ownKeys, OSC_PROFILE: "tokyo" })).toMatchObject({ accessKey: "AKBUCKET" });
    expect(await access({ OSC_PROFILE: "bucket" })).toMatchObject({ accessKey: "AKPROFILE" });
  });

  it("tells which variables are deprecated", async () => {
    const env = { OUTSCALE_ACCESSKEYID: "AKCLOUD", OUTSCALE_SECRETKEYID: "SKCLOUD", OSC_CONFIG_FILE: config };
    const { notices } = await bundleAccess({ region: "eu-west-2", profile: undefined, env });
    expect(notices).toEqual([
      expect.stringContaining("OUTSCALE_ACCESSKEYID is deprecated"),
      expect.stringContaining("OUTSCALE_SECRETKEYID is deprecated"),
    ]);
  });

  it("is of the region of the builds, whatever says so", async () => {
    expect(await access(ownKeys, { region: "us-east-2" })).toMatchObject({ region: "us-east-2" });
    const tokyo = { profile: "tokyo", region: "ap-northeast-1" };
    expect(await access({}, tokyo)).toMatchObject({ region: "ap-northeast-1" });
    await expect(access({}, { profile: "tokyo" })).rejects.toMatchObject({
      code: "E_AUTH",
      message: expect.stringContaining("are of ap-northeast-1, and the builds of eu-west-2"),
    });
    await expect(access({ ...cloudKeys, OSC_REGION: "us-east-2" })).rejects.toThrow("are of us-east-2");
  });

  it("tells how to give keys when there are none, or half of them", async () => {
    await expect(access({})).rejects.toMatchObject({
      code: "E_AUTH",
      message: "There are no keys for the bucket of the bundle",
      hint: expect.stringMatching(/-bundle-profile.*OUTSCALE_CHROOT_BUNDLE_ACCESS_KEY/),
    });
    const half = { OUTSCALE_CHROOT_BUNDLE_SECRET_KEY: "SKBUCKET" };
    await expect(access({ ...cloudKeys, ...half })).rejects.toThrow("but no OUTSCALE_CHROOT_BUNDLE_ACCESS_KEY");
    await expect(access({}, { profile: "none" })).rejects.toMatchObject({
      cause: expect.objectContaining({ message: expect.stringContaining('has no profile "none"') }),
    });
  });
});
