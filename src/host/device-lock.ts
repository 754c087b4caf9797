import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type Clock, systemClock } from "../common/clock.ts";
import { isErrno } from "../common/errno.ts";
import { DeviceError, TimeoutError } from "../common/errors.ts";
import { type FlockMode, tryFlock, waitForFlock } from "./flock.ts";
import { findOpeners } from "./open-files.ts";
import { type Turn, Turns } from "./turns.ts";

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
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Told once, when another build has the lock; names it as far as it can be known. */
  readonly onWait?: (message: string) => void;
}

/** The lock is held until it is released, or this process dies. */
export interface DeviceLock {
  /**
   * Lets the next of our builds choose a name. The original still waits: it would look at this machine alone, where the
   * name that was just given to the service is not to be seen yet.
   */
  passOn(): Promise<void>;
  release(): Promise<void>;
}

/** The lock among our builds, as those of this process pass it on. */
interface Hold {
  readonly file: FileHandle;
  readonly since: number;
}

/** Builds of this process wait for each other here, and for other processes in flock(2). */
const lines = new Map<string, Turns<Hold>>();

/** After that, in milliseconds, other processes may have the lock, too. */
const PASSED_ON_MS = 2_000;

/**
 * Waits for the device lock: whoever has it may choose a device name, link it and see it appear, and nobody else.
 *
 * There are two files. The original takes the first one for itself; our builds share it, so that it is the original or
 * we. The second is for one of our builds at a time, and may be passed on sooner, as we ask the service which names are
 * given. Neither file is truncated or reached through a link, and both belong to us in a folder that belongs to us: the
 * folder above is open to everybody, and a link planted there would have root write elsewhere.
 * @throws {DeviceError} when a file or its folder is not safe to use
 * @throws {TimeoutError} when another build keeps it too long
 */
export async function acquireDeviceLock(options: AcquireDeviceLockOptions): Promise<DeviceLock> {
  const { path = DEVICE_LOCK_FILE, timeoutMs, signal, onWait, clock = systemClock } = options;
  const waiting: Waiting = { ...options, clock, deadline: clock.now() + timeoutMs };
  const line = lines.get(path) ?? new Turns<Hold>();
  lines.set(path, line);
  const waits = () => onWait?.(`Waiting for the device lock "${path}", which another build of this command has`);
  const turn = await line.take({ clock, timeoutMs, signal, onWait: waits });
  if (turn === undefined) throw tooLate(path, timeoutMs, ", which another build of this command has");
  let hold = turn.baton;
  let shared: FileHandle | undefined;
  try {
    shared = await lockFile(path, "shared", waiting);
    hold ??= { file: await lockFile(ownLockFile(path), "exclusive", waiting), since: clock.now() };
    return heldLock(shared, () => hold && passOn(turn, hold, clock));
  } catch (error) {
    await shared?.close();
    if (hold === undefined) turn.end();
    else await passOn(turn, hold, clock);
    throw error;
  }
}

/** The file that our builds take in turn. */
export function ownLockFile(path: string): string {
  return `${path}.names`;
}

function heldLock(shared: FileHandle, passOnHold: () => Promise<void> | undefined): DeviceLock {
  let isPassedOn = false;
  let isHeld = true;
  const pass = async () => {
    if (!isPassedOn) {
      isPassedOn = true;
      await passOnHold();
    }
  };
  const release = async () => {
    try {
      await pass();
    } finally {
      if (isHeld) {
        isHeld = false;
        await shared.close();
      }
    }
  };
  return { passOn: pass, release };
}

/** Hands the lock to the next build of this process, or to whoever is next on this machine. */
async function passOn(turn: Turn<Hold>, hold: Hold, clock: Clock): Promise<void> {
  const isOthersTurn = clock.now() - hold.since > PASSED_ON_MS;
  if (turn.isAwaited() && !isOthersTurn) return turn.end(hold);
  try {
    await hold.file.close(); // gives the lock up
  } finally {
    turn.end();
  }
}

type Waiting = AcquireDeviceLockOptions & { readonly clock: Clock; readonly deadline: number };

/** Opens the file and has its lock, or closes it again. */
async function lockFile(path: string, mode: FlockMode, options: Waiting): Promise<FileHandle> {
  const file = await openLockFile(path);
  try {
    if (await tryFlock(file.fd, mode)) return file;
    await waitForOthers(file, path, mode, options);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Waits in flock(2), until the deadline: the kernel wakes us when the lock is given up. */
async function waitForOthers(file: FileHandle, path: string, mode: FlockMode, options: Waiting): Promise<void> {
  const { clock, timeoutMs, deadline, signal } = options;
  const stop = new AbortController();
  const stopped = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  void tellWhoHasIt(file, path, options, stop.signal);
  const locked = waitForFlock(file.fd, stopped, mode);
  const late = sleepUntil(deadline, clock, stopped).then(() => "late" as const);
  try {
    if ((await Promise.race([locked, late])) === "late")
      throw tooLate(path, timeoutMs, await describeHolders(file).catch(() => ""));
  } finally {
    stop.abort();
    await Promise.allSettled([locked, late]);
  }
}

/** In short pieces: a machine that was suspended meanwhile does not sleep for the whole time once more. */
async function sleepUntil(deadline: number, clock: Clock, signal: AbortSignal): Promise<void> {
  do await clock.sleep(Math.max(0, Math.min(PIECE_MS, deadline - clock.now())), signal);
  while (clock.now() < deadline);
}

const PIECE_MS = 500;

/** Looking through all processes takes a while: when the lock comes meanwhile, nothing is said. */
async function tellWhoHasIt(file: FileHandle, path: string, { onWait }: Waiting, done: AbortSignal): Promise<void> {
  const holders = await describeHolders(file).catch(() => "");
  if (!done.aborted) onWait?.(`Waiting for the device lock "${path}"${holders}`);
}

function tooLate(path: string, timeoutMs: number, who: string): TimeoutError {
  return new TimeoutError(`The device lock "${path}" was not free in ${Math.round(timeoutMs / 1000)} s${who}`, {
    hint: "Wait for the other build, or raise timeouts.lock; deleting the file would let two builds take one device",
  });
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
  return entry.nlink === 1 ? undefined : "it has several hard links";
}

/** `geteuid` exists wherever Linux does. */
function ownUid(): number {
  return process.geteuid?.() ?? 0;
}

function unsafe(path: string, problem: string, cause?: unknown): DeviceError {
  const hint = `Find out who made "${path}", remove it, and run the build again`;
  return new DeviceError(`The device lock cannot use "${path}": ${problem}`, { cause, hint });
}
