import { type BigIntStats, constants, fchmodSync, fchownSync, readdirSync, readSync } from "node:fs";
import { posix } from "node:path";
import { isErrno } from "../common/errno.ts";
import {
  createFile,
  fdPath,
  openFolder,
  readLink,
  removeEmptyFolder,
  reopenFile,
  statFd,
  toBytes,
  toText,
  unlinkEntry,
  usingFd,
} from "./openat.ts";
import { hasPathOfOurs, reasonOf, TransferError } from "./transfer-error.ts";
import { closePlace, type Place, type WalkOptions, walk } from "./walk.ts";

const DEFAULT_FILE_MODE = 0o644;
const DEFAULT_FOLDER_MODE = 0o755;
/** A process inside may create and remove a file again and again while we open it. */
const MAX_TRIES = 100;
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/** What a file gets that is created. */
export interface NewFile {
  /** 0644 when absent. */
  readonly mode?: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Whether a file that is there gets the mode, too. */
  readonly setsMode?: boolean;
}

/**
 * The inside of an image, for our own process. Every path is a path of the image: links are resolved inside it, and no
 * path, link or swap by a process inside leads out of it. Calls are synchronous and nothing stays open between them, so
 * a root never keeps a mount busy.
 */
export class RootFolder {
  /** Where the image's root folder is in our own view of the file system. */
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The same place without links, as an absolute path of the image. Its last part may be missing. */
  resolve(path: string): string {
    return this.withPlace("resolve", path, {}, (place) => toText(place.path));
  }

  /** Is there something? A link counts if it leads somewhere inside the image. */
  exists(path: string): boolean {
    return this.#find(path, true, () => true) ?? false;
  }

  /** What there is, a link itself and not its target; `undefined` when there is nothing. */
  lstat(path: string): BigIntStats | undefined {
    return this.#find(path, false, (place) => statFd(place.fd as number));
  }

  /** What a path leads to, links followed; `undefined` when there is nothing. */
  stat(path: string): BigIntStats | undefined {
    return this.#find(path, true, (place) => statFd(place.fd as number));
  }

  /** The text of a regular file, at most 16 MiB; `undefined` when there is nothing. */
  readText(path: string): string | undefined {
    return this.#find(path, true, (place) => usingFd(reopen(place, constants.O_RDONLY), readWhole));
  }

  /** Names in a folder, without `.` and `..`. */
  readdir(path: string): string[] {
    const read = (place: Place) =>
      readdirSync(fdPath(place.fd as number), { encoding: "latin1" })
        .map(toText)
        .sort();
    return this.withPlace("read the folder", path, { onMissing: "fail" }, read);
  }

  /** The text of a link. */
  readlink(path: string): string {
    const read = ({ folder, name }: Place) => toText(readLink(folder, name));
    return this.withPlace("read the link", path, { followLast: false, onMissing: "fail" }, read);
  }

  /** Opens a regular file for reading; the caller closes the descriptor. */
  openForRead(path: string): number {
    return this.withPlace("read", path, { onMissing: "fail" }, (place) => reopen(place, constants.O_RDONLY));
  }

  /**
   * Opens a regular file for writing; the caller closes the descriptor. A file that is there is emptied and keeps its
   * inode, mode, owner, hard links and attributes, as with `cp`. Otherwise one is created, also where a link leads to a
   * name that is missing.
   */
  openForWrite(path: string, file: NewFile = {}): number {
    for (let tries = 1; ; tries += 1) {
      const fd = this.withPlace("write", path, { onMissing: "stop" }, (place) =>
        openOrCreate(place, file, tries < MAX_TRIES),
      );
      if (fd !== undefined) return fd;
    }
  }

  /**
   * Makes a folder and its missing parents, with `mode` or 0755.
   * @returns what it made, outermost first
   */
  makeFolders(path: string, mode = DEFAULT_FOLDER_MODE): string[] {
    return this.withPlace("make the folder", path, { onMissing: { makeFolders: mode } }, (place) => {
      if (!statFd(place.fd as number).isDirectory()) throw new Error("There is something else");
      return place.made.map(toText);
    });
  }

  /** The folders that {@link makeFolders} would make, as the path names them, outermost first. */
  missingFolders(path: string): string[] {
    const missing: string[] = [];
    for (let at = posix.resolve("/", path); at !== "/" && !this.exists(at); at = posix.dirname(at)) missing.unshift(at);
    return missing;
  }

  /** Removes a file or link; a link itself, never its target. */
  unlink(path: string): void {
    const remove = ({ folder, name }: Place) => unlinkEntry(folder, name);
    this.withPlace("remove", path, { followLast: false, onMissing: "fail" }, remove);
  }

  /** Removes an empty folder. */
  rmdir(path: string): void {
    const remove = ({ folder, name }: Place) => removeEmptyFolder(folder, name);
    this.withPlace("remove the folder", path, { followLast: false, onMissing: "fail" }, remove);
  }

  /** Removes folders that were made, innermost first. What has something in it stays, and what is gone is gone. */
  removeEmptyFolders(made: readonly string[]): void {
    for (const folder of [...made].reverse()) {
      if (this.lstat(folder)?.isDirectory() && this.readdir(folder).length === 0) this.rmdir(folder);
    }
  }

  /**
   * The folder that an entry is or would be in, open, and the entry's name in it, as bytes. The caller closes the folder;
   * until then it is this one, whatever is mounted over it or put in its place.
   */
  openPlace(path: string): { readonly folder: number; readonly name: string } {
    return this.withPlace("find", path, { followLast: false }, ({ folder, name }) => ({
      folder: openFolder(fdPath(folder)),
      name,
    }));
  }

  /**
   * Lets a function work at a place with the calls of `openat.ts`; the descriptors are closed afterwards.
   * @param path A buffer where it is bytes from disk, which need not be UTF-8
   * @param action What it does, for the message: `Cannot ACTION "/etc/x" in the image`
   * @throws {TransferError} for whatever goes wrong
   */
  withPlace<T>(action: string, path: string | Buffer, options: Partial<WalkOptions>, use: (place: Place) => T): T {
    try {
      return this.#use(path, options, use);
    } catch (error) {
      throw this.#failure(action, path, error);
    }
  }

  #find<T>(path: string, followLast: boolean, use: (place: Place) => T): T | undefined {
    try {
      return this.#use(path, { followLast, onMissing: "fail" }, use);
    } catch (error) {
      // Nothing can have a name that is too long.
      if (isErrno(error, "ENOENT", "ENOTDIR", "ENAMETOOLONG")) return undefined;
      throw this.#failure("read", path, error);
    }
  }

  #use<T>(path: string | Buffer, options: Partial<WalkOptions>, use: (place: Place) => T): T {
    const place = walk(this.path, toBytes(path), { followLast: true, onMissing: "stop", ...options });
    try {
      return use(place);
    } finally {
      closePlace(place);
    }
  }

  #failure(action: string, path: string | Buffer, error: unknown): TransferError {
    if (error instanceof TransferError) return error;
    const where = this.path === "/" ? "" : " in the image";
    return new TransferError(`Cannot ${action} "${path}"${where}: ${reasonOf(error)}`, {
      cause: hasPathOfOurs(error) ? undefined : error,
    });
  }
}

/** Opens what a place stands for, for reading or writing. A device or pipe of a hostile image is refused. */
function reopen({ fd }: Place, flags: number): number {
  const stats = statFd(fd as number);
  if (stats.isDirectory()) throw Object.assign(new Error("It is a folder"), { code: "EISDIR" });
  if (!stats.isFile()) throw new Error("It is not a regular file");
  return reopenFile(fd as number, flags);
}

/** As many bytes as the file had: what grows while it is read has no end, and files of `/proc` claim to be empty. */
function readWhole(fd: number): string {
  const { size } = statFd(fd);
  if (size > MAX_TEXT_BYTES) throw new Error(`The file has more than ${MAX_TEXT_BYTES} bytes`);
  const bytes = Buffer.alloc(Number(size));
  let done = 0;
  for (let count = -1; count !== 0 && done < bytes.length; done += count) {
    count = readSync(fd, bytes, done, bytes.length - done, null);
  }
  return bytes.toString("utf8", 0, done);
}

/** @returns `undefined` when the file came or went meanwhile, and it is to be tried again */
function openOrCreate(
  place: Place,
  { mode = DEFAULT_FILE_MODE, owner, setsMode }: NewFile,
  mayRetry: boolean,
): number | undefined {
  if (place.fd === undefined) {
    try {
      const fd = createFile(place.folder, place.name, mode);
      if (owner) fchownSync(fd, owner.uid, owner.gid);
      fchmodSync(fd, mode);
      return fd;
    } catch (error) {
      if (mayRetry && isErrno(error, "EEXIST")) return undefined;
      throw error;
    }
  }
  const fd = reopen(place, constants.O_WRONLY | constants.O_TRUNC);
  if (setsMode) fchmodSync(fd, mode);
  return fd;
}
