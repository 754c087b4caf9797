import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { isErrno } from "../../common/errno.ts";
import { UsageError } from "../../common/errors.ts";
import { writeWholeFile } from "../../common/whole-file.ts";
import { LocalCloudError } from "../local-cloud-error.ts";
import { REGIONS_FOLDER } from "./region-folders.ts";
import { hasUnfinished } from "./unfinished.ts";

/** The keys: they are there before anything else is, go last, and mark a folder as a cloud's. */
export const KEYS_FILE = "accounts.json";
/** What a server in the background says; it may be there before the keys are. */
export const LOG_FILE = "local-cloud.log";
/** There while the disks of a cloud are in memory alone. */
export const MEMORY_FILE = "memory";
/** What is in the buckets. */
export const OBJECTS_FOLDER = "objects";
/** The keys and endpoints of every region, as the profiles of OUTSCALE's tools have them; there while a server runs. */
export const PROFILES_FILE = "profiles.json";
const OWN_NAMES = [
  REGIONS_FOLDER,
  PROFILES_FILE,
  "control.json",
  "state.json",
  "journal.jsonl",
  "dev",
  "vms",
  "disks",
  OBJECTS_FOLDER,
  LOG_FILE,
  MEMORY_FILE,
  KEYS_FILE,
];

/**
 * Whether a cloud lies in a folder; a new one may be made where this is false.
 * @throws {UsageError} when this user may not look into it
 * @throws {LocalCloudError} when the folder has things of those names that are none of a cloud's: it would clear its
 * `disks` and `dev` of what it does not know, and with `-state /` that is this machine's
 */
export function hasCloud(stateFolder: string): boolean {
  if (isThere(join(stateFolder, KEYS_FILE))) return true;
  // An import may have been killed between its moves: who takes the lock puts that in order.
  if (hasUnfinished(stateFolder)) return false;
  const others = OWN_NAMES.filter((name) => name !== LOG_FILE && isThere(join(stateFolder, name)));
  if (others.length === 0) return false;
  throw new LocalCloudError(`"${stateFolder}" is not a local cloud's folder, and has ${others.join(", ")} of its own`, {
    hint: "Give a new or empty folder",
  });
}

/** @throws {UsageError} when only root may look: nothing was said of what is there */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (isErrno(error, "ENOTDIR")) return false;
    throw refusalOf(dirname(path), error);
  }
}

/** Somebody who is not root asks for root's cloud: that is told, not that there is none. */
export function refusalOf(stateFolder: string, error: unknown): unknown {
  if (!isErrno(error, "EACCES", "EPERM")) return error;
  return new UsageError(`The local cloud in "${stateFolder}" needs root`, { hint: "Run it with sudo" });
}

/** The paths of everything that a cloud has in its folder, but for the lock, in the order in which they are removed. */
export function ownPaths(stateFolder: string): string[] {
  return OWN_NAMES.flatMap((name) => [`${name}.part`, name]).map((name) => join(stateFolder, name));
}

/**
 * Writes a file of a state folder, whole or not at all. The folder is locked, so nobody else writes it: what a killed process
 * has left on the way makes way.
 */
export function writeStateFile(path: string, content: string): Promise<void> {
  return writeWholeFile(path, content, { partial: `${path}.part` });
}
