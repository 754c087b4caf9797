import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../common/clock.ts";
import { tryFlock } from "../../host/flock.ts";
import { isServed } from "../control/running-server.ts";

/** The lock on a state folder. The kernel lets go of it when we, and the commands that hold it with us, have ended. */
export interface FolderLock {
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
export async function lockFolder(stateFolder: string): Promise<FolderLock | undefined> {
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

/**
 * Whether somebody has the lock. To know that, it is taken for a moment, so nobody asks this of a server that answers: it may
 * be taking it anew.
 */
export async function isLocked(stateFolder: string): Promise<boolean> {
  const descriptor = openSync(join(stateFolder, "lock"), "a", 0o600);
  try {
    return !(await tryFlock(descriptor));
  } finally {
    closeSync(descriptor);
  }
}
