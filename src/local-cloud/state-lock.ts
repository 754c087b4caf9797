import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { ChrootError, ExitCode } from "../common/errors.ts";
import { tryFlock } from "../host/flock.ts";

/** The state folder of a local cloud cannot be used: another server has it, or there is no cloud in it. */
export class LocalCloudError extends ChrootError {
  override readonly code = "E_LOCAL_CLOUD";
  override readonly exitCode = ExitCode.Failed;
}

/** The lock on a state folder. The kernel lets go of it when we end, however we end. */
export interface StateLock {
  release(): void;
}

/**
 * Locks a state folder, without waiting.
 * @returns undefined when another process has the lock
 */
export async function lockState(stateFolder: string): Promise<StateLock | undefined> {
  const descriptor = openSync(join(stateFolder, "lock"), "a", 0o600);
  let isOurs = false;
  try {
    isOurs = await tryFlock(descriptor);
  } finally {
    if (!isOurs) closeSync(descriptor);
  }
  return isOurs ? { release: () => closeSync(descriptor) } : undefined;
}
