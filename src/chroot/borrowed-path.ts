import { createHash, randomBytes } from "node:crypto";
import {
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  openSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { posix } from "node:path";
import { isErrno } from "../common/errno.ts";
import { changeEntries, changeFlag } from "./changeable.ts";
import { restoreModifiedTime, type Warn } from "./folder-times.ts";
import {
  createFile,
  fdPath,
  makeLink,
  openEntryIfThere,
  readLink,
  renameEntry,
  statFd,
  toText,
  unlinkEntry,
  usingFd,
} from "./openat.ts";
import type { RootFolder } from "./root-folder.ts";
import type { Place } from "./walk.ts";

/** A file that is put into the image for the time of provisioning. */
export interface BorrowedFile {
  readonly content: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A path of the image that has something of ours, and will be given back. */
export interface BorrowedPath {
  /** In the image. */
  readonly path: string;
  /**
   * Puts back what was there: the same file, link or nothing, with all its attributes. What provisioning wrote there,
   * or removed, stays as provisioning left it. A second call does nothing.
   * @param warn Told when the folder cannot have its earlier time
   * @returns `kept` when provisioning's is what stays
   * @throws {TransferError}
   */
  restore(warn?: Warn): "restored" | "kept";
}

/** What gives a path back when the build that borrowed it has died: see {@link returnLoan}. */
export interface LoanRecord {
  /** In the image. */
  readonly path: string;
  /** Name in the same folder of what was there; null if nothing was. */
  readonly aside: string | null;
  /** Of the content of our file. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * Puts a file at a path of the image, in place of what is there, which is put aside in the same folder by renaming: so
 * it comes back as the very file or link that it was. A link is replaced and not followed. Missing folders are made.
 * @param onLoan Writes down what will be done, before it is
 * @throws {TransferError} when a folder is in the way
 */
export function borrowPath(
  root: RootFolder,
  wanted: string,
  file: BorrowedFile,
  onLoan: (loan: LoanRecord) => void = () => undefined,
): BorrowedPath {
  const path = posix.resolve("/", wanted);
  const parent = posix.dirname(path);
  const madeFolders = root.makeFolders(parent);
  const loan = root.withPlace("put a file at", path, { followLast: false }, (place) => {
    if (place.fd !== undefined && statFd(place.fd).isDirectory()) throw new Error("There is a folder");
    const aside = place.fd === undefined ? undefined : `.outscale-chroot-${randomBytes(6).toString("hex")}`;
    onLoan({ path, aside: aside ?? null, sha256: hashOf(file.content), sizeBytes: file.content.length });
    return putFile(place, file, aside);
  });
  let isRestored = false;
  return {
    path,
    restore: (warn) => {
      if (isRestored) return "kept";
      isRestored = true;
      const options = { followLast: false, onMissing: "stop" } as const;
      if (!root.exists(parent)) return "kept";
      const outcome = root.withPlace("put back", path, options, (place) => giveBack(place, loan, warn));
      root.removeEmptyFolders(madeFolders);
      return outcome;
    },
  };
}

/**
 * Gives back what a build that was killed had borrowed, as far as it had come. What is not its file any more stays, as
 * provisioning has left it.
 */
export function returnLoan(root: RootFolder, loan: LoanRecord): void {
  const { path, aside } = loan;
  if (!root.exists(posix.dirname(path))) return;
  root.withPlace("put back", path, { followLast: false, onMissing: "stop" }, (place) => {
    const { folder, name, fd } = place;
    changeEntries(folder, [name, ...(aside === null ? [] : [aside])], () => {
      const isLent = fd !== undefined && isLentFile(fd, loan);
      if (aside === null) {
        if (isLent) unlinkEntry(folder, name);
      } else if (!isThere(folder, aside)) return;
      else if (isLent || fd === undefined) renameEntry(folder, aside, name);
      else removeAside(folder, aside);
    });
  });
}

function isLentFile(fd: number, { sha256, sizeBytes }: LoanRecord): boolean {
  const stats = statFd(fd);
  if (!stats.isFile() || stats.size !== BigInt(sizeBytes)) return false;
  return usingFd(openSync(fdPath(fd), constants.O_RDONLY), (open) => hashOf(readFileSync(open)) === sha256);
}

/** What is needed to give a path back. */
interface Loan {
  /** The file of ours, as it was when it was put there. */
  readonly ours: Print;
  /** Name in the same folder of what was there; `undefined` if nothing was. */
  readonly aside: string | undefined;
  /** The same, to be made anew if provisioning removes what was put aside; absent when it is too large. */
  readonly copy: Copy | undefined;
  /** It had the attribute `i` of chattr(1), and gets it again. */
  readonly wasImmutable: boolean;
  /** The folder's times before and after we changed it. */
  readonly folderBefore: BigIntStats;
  readonly folderAfter: BigIntStats;
}

type Copy = BorrowedFile | { readonly target: string };

interface Print {
  readonly stats: BigIntStats;
  readonly hash: string;
}

function putFile(place: Place, file: BorrowedFile, aside: string | undefined): Loan {
  const folderBefore = statFd(place.folder);
  const copy = copyOf(place);
  const wasImmutable = aside !== undefined && putAside(place, aside);
  try {
    const ours = writeFile(place, file);
    return { ours, aside, copy, wasImmutable, folderBefore, folderAfter: statFd(place.folder) };
  } catch (error) {
    if (aside !== undefined) renameEntry(place.folder, aside, place.name);
    throw error;
  }
}

function writeFile({ folder, name }: Pick<Place, "folder" | "name">, { content, mode, uid, gid }: BorrowedFile): Print {
  return usingFd(createFile(folder, name, mode), (fd) => {
    writeFileSync(fd, content);
    fchownSync(fd, uid, gid);
    fchmodSync(fd, mode);
    return { stats: statFd(fd), hash: hashOf(content) };
  });
}

/** @returns whether it was immutable */
function putAside({ folder, name, fd }: Place, aside: string): boolean {
  try {
    renameEntry(folder, name, aside);
    return false;
  } catch (error) {
    if (!isErrno(error, "EPERM") || fd === undefined || !statFd(fd).isFile()) throw error;
    // People make resolv.conf immutable, to keep programs from writing it.
    changeFlag(folder, name, "-i");
    renameEntry(folder, name, aside);
    return true;
  }
}

/** Provisioning may have forbidden changes: `chattr +i /etc/resolv.conf` is there to stay, and the lent file is not. */
function giveBack(place: Place, loan: Loan, warn?: Warn): "restored" | "kept" {
  const { folder, name } = place;
  const names = [name, ...(loan.aside === undefined ? [] : [loan.aside])];
  return changeEntries(folder, names, () => giveBackOnce(place, loan, warn));
}

function giveBackOnce(place: Place, loan: Loan, warn?: Warn): "restored" | "kept" {
  const { folder, name } = place;
  if (!isOurs(place, loan.ours)) {
    if (loan.aside !== undefined) removeAside(folder, loan.aside);
    return "kept";
  }
  const isFolderUnchanged = statFd(folder).mtimeNs === loan.folderAfter.mtimeNs;
  if (loan.aside === undefined) unlinkEntry(folder, name);
  else if (isThere(folder, loan.aside)) renameEntry(folder, loan.aside, name);
  else makeAnew(folder, name, loan.copy);
  if (loan.wasImmutable) changeFlag(folder, name, "+i");
  if (isFolderUnchanged) {
    const path = posix.dirname(toText(place.path));
    restoreModifiedTime(folder, { path, ns: loan.folderBefore.mtimeNs }, warn);
  }
  return "restored";
}

/** Is it still the file that we put there, with its content, mode and owner? A touch alone is no change. */
function isOurs({ fd }: Place, { stats, hash }: Print): boolean {
  if (fd === undefined) return false;
  const now = statFd(fd);
  const same = (["dev", "ino", "mode", "uid", "gid", "size"] as const).every((key) => now[key] === stats[key]);
  return same && usingFd(openSync(fdPath(fd), constants.O_RDONLY), (open) => hashOf(readFileSync(open)) === hash);
}

function isThere(folder: number, name: string): boolean {
  const fd = openEntryIfThere(folder, name);
  if (fd !== undefined) closeSync(fd);
  return fd !== undefined;
}

/** Provisioning has removed what was put aside, as an unknown file, without a thought of what it was. */
function makeAnew(folder: number, name: string, copy: Copy | undefined): void {
  unlinkEntry(folder, name);
  if (copy === undefined) return;
  if ("target" in copy) makeLink(copy.target, folder, name);
  else writeFile({ folder, name }, copy);
}

/** What is at a place, as long as it is no more than a configuration file. */
function copyOf({ folder, name, fd }: Place): Copy | undefined {
  if (fd === undefined) return undefined;
  const stats = statFd(fd);
  if (stats.isSymbolicLink()) return { target: readLink(folder, name) };
  if (!stats.isFile() || stats.size > MAX_COPY_BYTES) return undefined;
  const content = usingFd(openSync(fdPath(fd), constants.O_RDONLY), (open) => readFileSync(open));
  return { content, mode: Number(stats.mode & 0o7777n), uid: Number(stats.uid), gid: Number(stats.gid) };
}

const MAX_COPY_BYTES = 1024n * 1024n;

function removeAside(folder: number, aside: string): void {
  const fd = openEntryIfThere(folder, aside);
  // It went with the folder that it was in.
  if (fd === undefined) return;
  usingFd(fd, () => unlinkEntry(folder, aside));
}

function hashOf(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
