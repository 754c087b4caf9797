import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type Clock, systemClock } from "../common/clock.ts";
import { isErrno } from "../common/errno.ts";
import { DeviceError, TimeoutError, throwIfCancelled } from "../common/errors.ts";
import { tryFlock } from "./flock.ts";
import { findOpeners } from "./open-files.ts";

/** The lock of every outscale-chroot builder on this VM, the original among them. */
export const DEVICE_LOCK_FILE = "/var/lock/packer-chroot/lock";

/**
 * The lock of whatever links devices that show up in a folder. A local cloud has a folder for its devices, and shares
 * neither their names nor the lock with anybody.
 */
export function deviceLockOf(deviceFolder: string): string {
  return deviceFolder === "/dev" ? DEVICE_LOCK_FILE : `${deviceFolder}.lock`;
}

/** The operations of flock(2), under the names that the original's package exports. */
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const LOCK_UN = 8;

export interface AcquireDeviceLockOptions {
  /** {@link DEVICE_LOCK_FILE} when absent. */
  readonly path?: string;
  /** The original holds it while it creates a volume, so half an hour is not much. */
  readonly timeoutMs: number;
  readonly pollMs?: number;
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Told once, when another build has the lock; names it as far as it can be known. */
  readonly onWait?: (message: string) => void;
}

/** The lock is held until it is released, or this process dies. */
export interface DeviceLock {
  release(): Promise<void>;
}

/**
 * Waits for the device lock: whoever has it may choose a device name, link it and see it appear, and nobody else.
 * The file is neither truncated nor reached through a link, and belongs to us in a folder that belongs to us: the
 * folder above is open to everybody, and a link planted there would have root write elsewhere.
 * @throws {DeviceError} when the file or its folder is not safe to use
 * @throws {TimeoutError} when another build keeps it too long
 */
export async function acquireDeviceLock(options: AcquireDeviceLockOptions): Promise<DeviceLock> {
  const { path = DEVICE_LOCK_FILE, signal } = options;
  throwIfCancelled(signal);
  const file = await openLockFile(path);
  try {
    await waitForLock(file, path, options);
  } catch (error) {
    await file.close();
    throw error;
  }
  let isHeld = true;
  return {
    release: async () => {
      // Closing gives the lock up. A second close would throw, and may hit a descriptor of somebody else.
      if (isHeld) await file.close();
      isHeld = false;
    },
  };
}

async function waitForLock(file: FileHandle, path: string, options: AcquireDeviceLockOptions): Promise<void> {
  const clock = options.clock ?? systemClock;
  const deadline = clock.now() + options.timeoutMs;
  for (let waits = 0; !(await tryFlock(file.fd)); waits += 1) {
    if (waits === 0) options.onWait?.(`Waiting for the device lock "${path}"${await describeHolders(file)}`);
    if (clock.now() >= deadline) {
      const waited = `${Math.round(options.timeoutMs / 1000)} s`;
      throw new TimeoutError(`The device lock "${path}" was not free in ${waited}${await describeHolders(file)}`, {
        hint: "Wait for the other build, or raise timeouts.lock; deleting the file would let two builds take one device",
      });
    }
    await clock.sleep(options.pollMs ?? 500, options.signal);
  }
}

/** Who else has the file open: the one that holds the lock, and those that wait for it as we do. */
async function describeHolders(file: FileHandle): Promise<string> {
  const openers = await findOpeners(await file.stat());
  return openers.length > 0 ? `, which is open in ${openers.join(", ")}` : "";
}

async function openLockFile(path: string): Promise<FileHandle> {
  const folder = await openLockFolder(dirname(path));
  try {
    // Through the descriptor: the folder that was checked is the folder that is used.
    const inside = join("/proc/self/fd", String(folder.fd), basename(path));
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(inside, flags, 0o600).catch((cause) => {
      const what = isErrno(cause, "ELOOP") ? "it is a symbolic link" : "it cannot be opened";
      throw unsafe(path, what, cause);
    });
    const problem = await findFileProblem(file);
    if (!problem) return file;
    await file.close();
    throw unsafe(path, problem);
  } finally {
    await folder.close();
  }
}

async function makeLockFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o750 });
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    // Where nobody has set up /run, `/var/lock` leads to a folder that is not there.
    const parent = dirname(folder);
    const target = await readlink(parent).catch(() => parent);
    await mkdir(resolve(dirname(parent), target), { mode: 0o755, recursive: true });
    await mkdir(folder, { mode: 0o750 });
  }
}

async function openLockFolder(folder: string): Promise<FileHandle> {
  await makeLockFolder(folder).catch((cause) => {
    if (!isErrno(cause, "EEXIST")) throw unsafe(folder, "it cannot be made", cause);
  });
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const handle = await open(folder, flags).catch(async (cause) => {
    const isLink = (await lstat(folder).catch(() => undefined))?.isSymbolicLink();
    throw unsafe(folder, isLink ? "it is a symbolic link" : "it is not a folder that can be opened", cause);
  });
  const { uid, mode } = await handle.stat();
  const problem = uid !== ownUid() ? `user ${uid} owns it` : mode & 0o022 ? "others may write to it" : undefined;
  if (!problem) return handle;
  await handle.close();
  throw unsafe(folder, problem);
}

async function findFileProblem(file: FileHandle): Promise<string | undefined> {
  const entry = await file.stat();
  if (!entry.isFile()) return "it is not a plain file";
  if (entry.uid !== ownUid()) return `user ${entry.uid} owns it`;
  return entry.nlink === 1 ? undefined : "it has several names";
}

/** `geteuid` exists wherever Linux does. */
function ownUid(): number {
  return process.geteuid?.() ?? 0;
}

function unsafe(path: string, problem: string, cause?: unknown): DeviceError {
  const hint = `Find out who made "${path}", remove it, and run the build again`;
  return new DeviceError(`The device lock cannot use "${path}": ${problem}`, { cause, hint });
}
