import { type FileHandle, open, unlink } from "node:fs/promises";
import type { Clock } from "../../common/clock.ts";
import { ProvisionError, TimeoutError } from "../../common/errors.ts";
import { isStillAt, tryFlock } from "../../host/flock.ts";

const POLL_MS = 50;
const GIVE_UP_AFTER_MS = 30_000;

/**
 * Does something while no other build holds the lock file, in this process or another. The file is there while it is
 * held, which keeps Packer out too; one that nobody holds is left over from a build that died, and is taken over.
 *
 * @throws {TimeoutError} after 30 s
 */
export async function withLockFile<T>(
  path: string,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  body: () => Promise<T>,
): Promise<T> {
  const deadline = clock.now() + GIVE_UP_AFTER_MS;
  for (;;) {
    const lock = await tryLock(path);
    if (lock) {
      try {
        return await body();
      } finally {
        // Removed before it is let go: who waits for it sees that its file is no longer the one at the path.
        await unlink(path);
        await lock.close();
      }
    }
    if (clock.now() >= deadline) {
      throw new TimeoutError(`Another build has held "${path}" for ${GIVE_UP_AFTER_MS / 1000} s`);
    }
    await clock.sleep(POLL_MS, signal);
  }
}

async function tryLock(path: string): Promise<FileHandle | undefined> {
  const file = await open(path, "a", 0o600).catch((cause: unknown) => {
    throw new ProvisionError(`Cannot create the lock file "${path}"`, { cause });
  });
  if ((await tryFlock(file.fd)) && (await isStillAt(path, file))) return file;
  await file.close();
  return undefined;
}
