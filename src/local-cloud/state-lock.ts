import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { ChrootError, ExitCode } from "../common/errors.ts";
import type { CommandRunner } from "../host/run-command.ts";

/** The state folder of a local cloud cannot be used: another server has it, or there is no cloud in it. */
export class LocalCloudError extends ChrootError {
  override readonly code = "E_LOCAL_CLOUD";
  override readonly exitCode = ExitCode.Failed;
}

/** The lock on a state folder. The kernel lets go of it when we end, however we end. */
export interface StateLock {
  release(): void;
}

const BUSY = 1;

/**
 * Locks a state folder, without waiting: flock(2) through util-linux on a descriptor that stays with us.
 * @returns undefined when another process has the lock
 */
export async function lockState(host: CommandRunner, stateFolder: string): Promise<StateLock | undefined> {
  const descriptor = openSync(join(stateFolder, "lock"), "a", 0o600);
  try {
    const flock = await host.spawn(["flock", "--exclusive", "--nonblock", "3"], {
      stdio: ["ignore", "ignore", "inherit", descriptor],
    });
    const { code } = await flock.exited;
    if (code === 0) return { release: () => closeSync(descriptor) };
    closeSync(descriptor);
    if (code === BUSY) return undefined;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  throw new LocalCloudError(`Cannot lock the state folder "${stateFolder}"`);
}
