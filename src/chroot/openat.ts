import {
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { isErrno } from "../common/errno.ts";

// System calls relative to the descriptor of a folder, as openat(2) and its kin: Node has none, but a name below
// /proc/self/fd/N is looked up in the very folder that the descriptor stands for, wherever that has been moved.
//
// Names are byte strings: one character for each byte. A name on disk is bytes, and need not be UTF-8.

/** Not among Node's constants. The same number on every architecture that Node supports. @see open(2) */
export const O_PATH = 0o10000000;
const { O_NOFOLLOW, O_DIRECTORY } = constants;
const O_NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | O_NOFOLLOW;

/** A path as a person or a template writes it, as the bytes that name it on disk; a buffer has them already. */
export function toBytes(path: string | Buffer): string {
  return (typeof path === "string" ? Buffer.from(path, "utf8") : path).toString("latin1");
}

/** The bytes of a name as text for people; what is not UTF-8 shows as a replacement character. */
export function toText(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** The path under which our process reaches what a descriptor stands for, also one that was opened with O_PATH. */
export function fdPath(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

/** The same for a program that we start, whose own `/proc/self` is another. */
export function fdPathForChildren(fd: number): string {
  return `/proc/${process.pid}/fd/${fd}`;
}

/** The path of an entry of a folder, for calls that take a path. The last link, if it is one, is not to be followed. */
export function entryPath(folder: number, name: string): Buffer {
  return Buffer.from(`${fdPath(folder)}/${name}`, "latin1");
}

/** Opens a folder by a path that we trust. */
export function openFolder(path: string | Buffer): number {
  return openSync(path, O_PATH | O_DIRECTORY);
}

/** A descriptor that stands for an entry itself, link or not, and gives no access to its content. */
export function openEntry(folder: number, name: string): number {
  return openSync(entryPath(folder, name), O_PATH | O_NOFOLLOW);
}

/** The same, or `undefined` when there is no such entry. */
export function openEntryIfThere(folder: number, name: string): number | undefined {
  try {
    return openEntry(folder, name);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/**
 * Opens what a descriptor of a regular file stands for once more, for reading or writing. What passes for a file and makes who
 * opens or reads it wait (`/proc/kmsg`), or has a lease that a process of the image does not give up, is not waited for.
 * @throws EAGAIN then
 */
export function reopenFile(fd: number, flags: number): number {
  return openSync(fdPath(fd), flags | constants.O_NONBLOCK);
}

/** Creates a file that must not be there, for the owner at most, and opens it for writing. */
export function createPrivateFile(folder: number, name: string): number {
  return openSync(entryPath(folder, name), O_NEW, 0o600);
}

/** Creates a file that must not be there, and opens it for writing. The mode is not cut by the umask. */
export function createFile(folder: number, name: string, mode: number): number {
  const fd = openSync(entryPath(folder, name), O_NEW, mode);
  fchmodSync(fd, mode);
  return fd;
}

/** What a descriptor stands for. */
export function statFd(fd: number): BigIntStats {
  return fstatSync(fd, { bigint: true });
}

/** The mount that what a descriptor stands for is on. @see proc_pid_fdinfo(5) */
export function mountIdOf(fd: number): number {
  return Number(/^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1]);
}

/** Whether two descriptors stand for the same folder, on the same mount. */
export function isSameFolder(a: number, b: number): boolean {
  const [one, other] = [statFd(a), statFd(b)];
  return one.dev === other.dev && one.ino === other.ino && mountIdOf(a) === mountIdOf(b);
}

export function readLink(folder: number, name: string): string {
  return readlinkSync(entryPath(folder, name), { encoding: "latin1" });
}

export function makeLink(target: string, folder: number, name: string): void {
  symlinkSync(Buffer.from(target, "latin1"), entryPath(folder, name));
}

/** Makes a folder that must not be there. */
export function makeFolder(folder: number, name: string, mode: number): void {
  mkdirSync(entryPath(folder, name), { mode });
}

export function unlinkEntry(folder: number, name: string): void {
  unlinkSync(entryPath(folder, name));
}

export function removeEmptyFolder(folder: number, name: string): void {
  rmdirSync(entryPath(folder, name));
}

export function renameEntry(folder: number, from: string, to: string): void {
  renameSync(entryPath(folder, from), entryPath(folder, to));
}

/** Lets a function use a descriptor and closes it, whatever happens. */
export function usingFd<T>(fd: number, use: (fd: number) => T): T {
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}
