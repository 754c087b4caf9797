import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../../common/errno.ts";

/** Where the regions besides the first one are, each as a cloud of its own. */
export const REGIONS_FOLDER = "regions";

export function regionFolder(stateFolder: string, region: string): string {
  return join(stateFolder, REGIONS_FOLDER, region);
}

/** A region's name becomes a path. */
export function isRegionName(name: string): boolean {
  return /^[a-z][a-z0-9-]{1,38}[a-z0-9]$/.test(name);
}

/** The regions that a folder has, besides its first one. */
export function regionsIn(stateFolder: string): readonly string[] {
  try {
    return readdirSync(join(stateFolder, REGIONS_FOLDER)).filter(isRegionName).sort();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES")) return [];
    throw error;
  }
}
