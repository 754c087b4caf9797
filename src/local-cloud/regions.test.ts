import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signedCall } from "../../tests/support/local-cloud/signed-call.ts";
import { resolveAccess } from "../outscale/credentials.ts";
import { localCloudRegion, localCloudStatus, resetLocalCloud, stopLocalCloud } from "./administer-cloud.ts";
import type { LocalCloudOptions } from "./options.ts";
import { type LocalCloud, startLocalCloud } from "./start-local-cloud.ts";

describe("the regions of a local cloud", () => {
  let folder: string;
  let cloud: LocalCloud | undefined;
  const state = () => join(folder, "state");
  const call = async (region: LocalCloud, action: string, request: object = {}) => {
    const caller = { endpoint: region.endpoint, ...region.account("builder"), region: region.regionName };
    return (await signedCall(caller, action, request)).body;
  };
  const names = () => cloud?.regions.map(({ regionName }) => regionName);

  async function restart(options: Partial<LocalCloudOptions> = {}): Promise<readonly LocalCloud[]> {
    await cloud?.close();
    cloud = await startLocalCloud({ stateFolder: state(), blocks: "memory", ...options });
    return cloud.regions;
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "regions-"));
  });
  afterEach(async () => {
    await cloud?.close();
    cloud = undefined;
    await rm(folder, { recursive: true });
  });

  it("have endpoints, keys, accounts, VMs and objects of their own, and know of each other", async () => {
    const [west, east] = (await restart({ regions: ["eu-west-2", "us-east-2"] })) as [LocalCloud, LocalCloud];
    expect(names()).toEqual(["eu-west-2", "us-east-2"]);
    for (const field of ["endpoint", "storageEndpoint", "vmId", "deviceFolder"] as const) {
      expect(east[field]).not.toBe(west[field]);
    }
    expect(east.account("builder").id).not.toBe(west.account("builder").id);
    expect(east.environment.OSC_REGION).toBe("us-east-2");
    const { Volume } = await call(east, "CreateVolume", { SubregionName: "us-east-2a", Size: 1 });
    expect((await call(east, "ReadVolumes", { Filters: { VolumeIds: [Volume.VolumeId] } })).Volumes).toHaveLength(1);
    expect((await call(west, "ReadVolumes", { Filters: { VolumeIds: [Volume.VolumeId] } })).Volumes).toEqual([]);
    const crossed = { endpoint: west.endpoint, ...east.account("builder") };
    expect((await signedCall(crossed, "ReadVms")).body.Errors[0].Code).toBe("4120");
    for (const region of [west, east]) {
      expect((await call(region, "ReadRegions")).Regions).toEqual([
        { RegionName: "eu-west-2", Endpoint: new URL(west.endpoint).host },
        { RegionName: "us-east-2", Endpoint: new URL(east.endpoint).host },
      ]);
    }
  });

  it("are found from any folder, however the state folder was named", async () => {
    await restart({ regions: ["eu-west-2", "us-east-2"], stateFolder: relative(process.cwd(), state()) });
    expect(cloud?.environment.OSC_CONFIG_FILE).toBe(join(state(), "profiles.json"));
  });

  it("stay, and others can be added", async () => {
    const [, east] = (await restart({ regions: ["eu-west-2", "us-east-2"] })) as [LocalCloud, LocalCloud];
    const keys = east.account("builder");
    await restart({ regions: ["eu-west-2", "us-west-1"] });
    expect(names()).toEqual(["eu-west-2", "us-west-1", "us-east-2"]);
    expect(cloud?.regions[2]?.account("builder")).toEqual(keys);
    await restart();
    expect(names()).toEqual(["eu-west-2", "us-east-2", "us-west-1"]);
    await expect(restart({ regions: ["us-east-2", "eu-west-2"] })).rejects.toThrow("is of the region eu-west-2");
  });

  it("are in a file of profiles while a server runs, for OUTSCALE's tools", async () => {
    const [, east] = (await restart({ regions: ["eu-west-2", "us-east-2"] })) as [LocalCloud, LocalCloud];
    const file = join(state(), "profiles.json");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { access } = await resolveAccess({ template: { profile: "us-east-2" }, env: { OSC_CONFIG_FILE: file } });
    const { accessKey, secretKey } = east.account("builder");
    expect(access).toMatchObject({ accessKey, secretKey, region: "us-east-2", endpoint: east.endpoint });
    expect(access.storageEndpoint).toBe(east.storageEndpoint);
    await cloud?.close();
    await expect(readFile(file)).rejects.toThrow("ENOENT");
  });

  it("are told of and emptied together, and each one by itself", async () => {
    const [west, east] = (await restart({ regions: ["eu-west-2", "us-east-2"] })) as [LocalCloud, LocalCloud];
    const folderOfEast = await localCloudRegion(state(), "us-east-2");
    expect(await localCloudStatus(folderOfEast)).toMatchObject({ region: "us-east-2", regions: ["us-east-2"] });
    expect(await localCloudStatus(state())).toMatchObject({ regions: ["eu-west-2", "us-east-2"], running: true });
    for (const region of [west, east]) {
      await call(region, "CreateVolume", { SubregionName: `${region.regionName}a`, Size: 1 });
      await region.idle();
    }
    await resetLocalCloud(folderOfEast);
    expect([west.status().volumes, east.status().volumes]).toEqual([2, 1]);
    await call(east, "CreateVolume", { SubregionName: "us-east-2a", Size: 1 });
    await resetLocalCloud(state());
    expect([west.status().volumes, east.status().volumes]).toEqual([1, 1]);
    await cloud?.close();
    await resetLocalCloud(state());
    expect(await readFile(join(state(), "regions", "us-east-2", "accounts.json")).catch(() => "gone")).toBe("gone");
  });

  it("are each found by their names, whether a server runs or not", async () => {
    await restart({ regions: ["eu-west-2", "us-east-2"] });
    const find = async () => {
      const folders = ["eu-west-2", "us-east-2"].map((region) => localCloudRegion(state(), region));
      expect(await Promise.all(folders)).toEqual([state(), join(state(), "regions", "us-east-2")]);
      const message = 'has no region "us-west-1": it has eu-west-2, us-east-2';
      await expect(localCloudRegion(state(), "us-west-1")).rejects.toThrow(message);
    };
    await find();
    await cloud?.close();
    await find();
    const nowhere = localCloudRegion(join(folder, "nowhere"), "eu-west-2");
    await expect(nowhere).rejects.toThrow("There is no local cloud");
  });

  it("begin with their part of a seed", async () => {
    const seed = join(folder, "seed");
    await mkdir(seed);
    const volumes = (size: number) => [{ size, tags: { Name: "data" } }];
    const other = {
      accounts: { builder: { id: "123456789012", access_key: "EASTKEY", secret_key: "secret-of-east" } },
    };
    const content = {
      volumes: volumes(3),
      regions: { "us-east-2": { ...other, volumes: volumes(5) }, "us-west-1": null },
    };
    await writeFile(join(seed, "seed.json"), JSON.stringify(content));
    await restart({ seed });
    expect(names()).toEqual(["eu-west-2", "us-east-2", "us-west-1"]);
    const sizes = await Promise.all(
      (cloud?.regions ?? []).map(async (region) => {
        const { Volumes } = await call(region, "ReadVolumes", { Filters: { Tags: ["Name=data"] } });
        return Volumes.map(({ Size }: { Size: number }) => Size);
      }),
    );
    expect(sizes).toEqual([[3], [5], []]);
    expect(cloud?.regions[1]?.account("builder")).toMatchObject({ id: "123456789012", accessKey: "EASTKEY" });
  });

  it("refuse names that are none before anything is made", async () => {
    for (const regions of [["eu-west-2", "../other"], ["eu-west-2", "eu-west-2"], [""]]) {
      await expect(startLocalCloud({ stateFolder: state(), blocks: "memory", regions })).rejects.toThrow(
        "region's name",
      );
    }
    await expect(stat(state())).rejects.toThrow("ENOENT");
    await expect(stopLocalCloud(state())).resolves.toBe(false);
  });
});
