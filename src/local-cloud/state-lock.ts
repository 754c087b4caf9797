import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../common/clock.ts";
import { ChrootError, ExitCode } from "../common/errors.ts";
import { tryFlock } from "../host/flock.ts";
import { isServed } from "./control-door.ts";

/** The state folder of a local cloud cannot be used: another server has it, or there is no cloud in it. */
export class LocalCloudError extends ChrootError {
  override readonly code = "E_LOCAL_CLOUD";
  override readonly exitCode = ExitCode.Failed;
}

/** The lock on a state folder. The kernel lets go of it when we, and the commands that hold it with us, have ended. */
export interface StateLock {
  /** The open file; a child that inherits it holds the lock too. */
  readonly descriptor: number;
  release(): void;
}

/** How long the last commands of a server that was killed may take. */
const PATIENCE_MS = 10_000;
const POLL_MS = 25;

/**
 * Locks a state folder. Waits for what a killed server has begun, but not for a server that runs.
 * @returns undefined when another process has the lock
 */
export async function lockState(stateFolder: string): Promise<StateLock | undefined> {
  const descriptor = openSync(join(stateFolder, "lock"), "a", 0o600);
  let isOurs = false;
  try {
    const deadline = systemClock.now() + PATIENCE_MS;
    isOurs = await tryFlock(descriptor);
    while (!isOurs && systemClock.now() < deadline && !(await isServed(stateFolder))) {
      await systemClock.sleep(POLL_MS);
      isOurs = await tryFlock(descriptor);
    }
  } finally {
    if (!isOurs) closeSync(descriptor);
  }
  return isOurs ? { descriptor, release: () => closeSync(descriptor) } : undefined;
}
