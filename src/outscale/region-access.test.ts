import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AuthError } from "../common/errors.ts";
import { resolveRegionAccess } from "./region-access.ts";

const profile = (name: string, region?: string) => ({
  access_key: `${name}-access`,
  secret_key: `${name}-secret`,
  ...(region && { region }),
});

describe("resolveRegionAccess()", () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "region-access-"));
    const file = join(folder, "config.json");
    const profiles = {
      "us-east-2": profile("east", "us-east-2"),
      prod: profile("prod"),
      old: { ...profile("old"), protocol: "http" },
      strayed: { ...profile("strayed"), endpoints: { api: "https://api.eu-west-2.outscale.com" } },
      home: profile("home", "eu-west-2"),
    };
    await writeFile(file, JSON.stringify(profiles));
    // What is said of the region at home must count for no other.
    const home = {
      OSC_ACCESS_KEY: "AK",
      OSC_SECRET_KEY: "SK",
      OSC_REGION: "eu-west-2",
      OSC_ENDPOINT_API: "http://home",
    };
    env = { OSC_CONFIG_FILE: file, ...home };
  });
  afterEach(() => rm(folder, { recursive: true }));

  const resolve = (more: { profile?: string; env?: NodeJS.ProcessEnv } = {}) =>
    resolveRegionAccess({ region: "us-east-2", homeDir: folder, ...more, env: { ...env, ...more.env } });

  it("takes the profile that is named like the region", async () => {
    const { access, notices } = await resolve();
    expect(notices).toEqual([]);
    expect(access).toMatchObject({
      region: "us-east-2",
      accessKey: "east-access",
      profile: "us-east-2",
      endpoint: "https://api.us-east-2.outscale.com/api/v1",
    });
  });

  it("takes the variables of the region before that, with their endpoint", async () => {
    const variables = {
      OSC_ACCESS_KEY_US_EAST_2: "env-access",
      OSC_SECRET_KEY_US_EAST_2: "env-secret",
      OSC_ENDPOINT_OOS_US_EAST_2: "http://127.0.0.1:7",
    };
    const { access } = await resolve({ env: variables });
    expect(access).toMatchObject({
      accessKey: "env-access",
      storageEndpoint: "http://127.0.0.1:7",
      profile: undefined,
    });
  });

  it("takes a profile that is named before everything, with the region when it says none", async () => {
    const variables = { OSC_ACCESS_KEY_US_EAST_2: "env-access", OSC_SECRET_KEY_US_EAST_2: "env-secret" };
    const { access } = await resolve({ profile: "prod", env: variables });
    expect(access).toMatchObject({ region: "us-east-2", accessKey: "prod-access", profile: "prod" });
  });

  it("refuses a profile of another region, one that is not there, and a region without credentials", async () => {
    await expect(resolve({ profile: "home" })).rejects.toThrow(
      'The profile "home" is of eu-west-2, and not of us-east-2',
    );
    await expect(resolve({ profile: "absent" })).rejects.toThrow('has no profile "absent"');
    const other = resolveRegionAccess({ region: "ap-northeast-1", env, homeDir: folder });
    const error = await other.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({ hint: expect.stringContaining("OSC_ACCESS_KEY_AP_NORTHEAST_1") });
  });

  it("tells what has no effect", async () => {
    const { notices } = await resolve({ profile: "old" });
    expect(notices).toEqual([expect.stringContaining('The protocol "http" is not used')]);
  });

  it.each([
    ["OSC_ENDPOINT_API_US_EAST_2", "https://api.eu-west-2.outscale.com/api/v1"],
    ["OSC_ENDPOINT_API_US_EAST_2", "api.eu-west-2.outscale.com"],
    ["OSC_ENDPOINT_OOS_US_EAST_2", "https://oos.eu-west-2.outscale.com"],
    ["OSC_ENDPOINT_OOS_US_EAST_2", "OOS.eu-west-2.outscale.com"],
  ])("refuses an endpoint of another region, by its variable: %s=%s", async (variable, endpoint) => {
    const keys = { OSC_ACCESS_KEY_US_EAST_2: "env-access", OSC_SECRET_KEY_US_EAST_2: "env-secret" };
    const refused = resolve({ env: { ...keys, [variable]: endpoint } });
    await expect(refused).rejects.toBeInstanceOf(AuthError);
    await expect(refused).rejects.toMatchObject({
      message: `${variable} is an endpoint of eu-west-2, and not of us-east-2: "${endpoint}"`,
      hint: "Give that of us-east-2, or leave it out: then the region's own is used",
    });
  });

  it("refuses one that a profile has, too", async () => {
    await expect(resolve({ profile: "strayed" })).rejects.toThrow(
      'endpoints.api of the profile "strayed" is an endpoint of eu-west-2, and not of us-east-2',
    );
  });

  it("says what of a pair is missing, in the names that the region has", async () => {
    const half = { OSC_ACCESS_KEY_US_EAST_2: "env-access" };
    await expect(resolve({ env: half })).rejects.toMatchObject({
      message: "The credentials for us-east-2, which come from the environment, have no secret key",
      hint: "Export OSC_SECRET_KEY_US_EAST_2",
    });
    const file = join(folder, "half.json");
    await writeFile(file, JSON.stringify({ "us-east-2": { access_key: "half", region: "us-east-2" } }));
    await expect(resolve({ env: { OSC_CONFIG_FILE: file } })).rejects.toMatchObject({
      message: `The credentials for us-east-2, which come from the profile "us-east-2" of "${file}", have no secret key`,
      hint: "Add secret_key to the profile, or export OSC_SECRET_KEY_US_EAST_2",
    });
  });
});
