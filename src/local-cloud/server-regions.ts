import { join } from "node:path";
import { isRegionName, regionsIn } from "./folder/region-folders.ts";
import { PROFILES_FILE, writeStateFile } from "./folder/state-folder.ts";
import { LocalCloudError } from "./local-cloud-error.ts";
import type { LocalCloudOptions } from "./options.ts";
import { readSeed } from "./seed/read-seed.ts";
import type { LocalCloud } from "./start-local-cloud.ts";

/** @throws {LocalCloudError} for what is no region's name, or is there twice */
export function checkRegionNames(names: readonly string[] = []): void {
  const bad = names.find((name, index) => !isRegionName(name) || names.indexOf(name) !== index);
  if (bad === undefined) return;
  const hint = "A region's name has 3 to 40 lower-case letters, digits and hyphens, such as us-east-2";
  throw new LocalCloudError(`"${bad}" is no region's name, or is there twice`, { hint });
}

/** The regions that are to be, besides the first one: asked for, in the seed, or there from before. */
export async function regionsBesides(
  first: string,
  stateFolder: string,
  { regions = [], seed }: LocalCloudOptions,
): Promise<readonly string[]> {
  const ofSeed = seed === undefined ? [] : Object.keys((await readSeed(seed)).regions ?? {});
  const names = new Set([...regions, ...ofSeed, ...regionsIn(stateFolder)]);
  names.delete(first);
  return [...names];
}

/** One profile for each region, under its name: what OUTSCALE's tools, and copies across regions, need of it. */
export async function writeProfiles(stateFolder: string, regions: readonly LocalCloud[]): Promise<void> {
  const profiles = regions.map((cloud) => {
    const { accessKey, secretKey } = cloud.account("builder");
    const endpoints = { api: cloud.endpoint, oos: cloud.storageEndpoint };
    const keys = { access_key: accessKey, secret_key: secretKey };
    return [cloud.regionName, { ...keys, region: cloud.regionName, endpoints }] as const;
  });
  const path = join(stateFolder, PROFILES_FILE);
  await writeStateFile(path, `${JSON.stringify(Object.fromEntries(profiles), null, 2)}\n`);
}
