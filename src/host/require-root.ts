import { UsageError } from "../common/errors.ts";

/**
 * @param what Needs root, and why: `The local cloud needs root: its disks are loop devices`
 * @throws {UsageError} when this process does not have it
 */
export function requireRoot(what: string): void {
  if (process.geteuid?.() !== 0) throw new UsageError(what, { hint: "Run it with sudo" });
}

export const LOCAL_CLOUD_NEEDS_ROOT = "The local cloud needs root: its disks are loop devices";
