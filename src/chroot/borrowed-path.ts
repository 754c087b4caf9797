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
  /** Folders that were missing on the way to it, outermost first. */
  readonly madeFolders?: readonly string[] | undefined;
  /** Inode of what was there, which has lost the attribute `i` of chattr(1) for the time being. */
  readonly immutableInode?: string | undefined;
}

/**
 * Puts a file at a path of the image, in place of what is there, which is put aside in the same folder by renaming: so
 * it comes back as the very file or link that it was. A link is replaced and not followed. Missing folders are made. When it
 * fails, everything is as it was.
 * @param onLoan Writes down what will be done, before it is; told again when there is more to it
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
  const missing = root.missingFolders(parent);
  const content = { sha256: hashOf(file.content), sizeBytes: file.content.length };
  const noted = { ...content, ...(missing.length > 0 && { madeFolders: missing }) };
  // What is put aside has no name yet: the folders come first.
  if (missing.length > 0) onLoan({ path, aside: null, ...noted });
  const madeFolders = root.makeFolders(parent);
  try {
    const loan = root.withPlace("put a file at", path, { followLast: false }, (place) => {
      if (place.fd !== undefined && statFd(place.fd).isDirectory()) throw new Error("There is a folder");
      const aside = place.fd === undefined ? undefined : `.outscale-chroot-${randomBytes(6).toString("hex")}`;
      const record = { path, aside: aside ?? null, ...noted };
      onLoan(record);
      return putFile(place, file, { aside, onImmutable: (immutableInode) => onLoan({ ...record, immutableInode }) });
    });
    return { path, restore: restorer(root, { path, loan, madeFolders }) };
  } catch (error) {
    root.removeEmptyFolders(madeFolders);
    throw error;
  }
}

function restorer(
  root: RootFolder,
  { path, loan, madeFolders }: { readonly path: string; readonly loan: Loan; readonly madeFolders: readonly string[] },
): BorrowedPath["restore"] {
  const progress: Progress = {};
  let isRestored = false;
  return (warn) => {
    if (isRestored) return "kept";
    if (root.exists(posix.dirname(path))) {
      const options = { followLast: false, onMissing: "stop" } as const;
      progress.outcome ??= root.withPlace("put back", path, options, (place) => giveBack(place, loan, progress, warn));
      root.removeEmptyFolders(madeFolders);
    }
    isRestored = true;
    return progress.outcome ?? "kept";
  };
}

/**
 * Gives back what a build that was killed had borrowed, as far as it had come. What is not its file any more stays, as
 * provisioning has left it.
 */
export function returnLoan(root: RootFolder, loan: LoanRecord): void {
  const { path, aside, madeFolders = [] } = loan;
  if (root.exists(posix.dirname(path))) {
    root.withPlace("put back", path, { followLast: false, onMissing: "stop" }, (place) => {
      const { folder, name } = place;
      changeEntries(folder, [name, ...(aside === null ? [] : [aside])], () => returnOnce(place, loan));
      if (loan.immutableInode !== undefined) forbidChanges(folder, name, loan.immutableInode);
    });
  }
  root.removeEmptyFolders(madeFolders);
}

function returnOnce({ folder, name, fd }: Place, loan: LoanRecord): void {
  const { aside } = loan;
  const isLent = fd !== undefined && isLentFile(fd, loan);
  if (aside === null) {
    if (isLent) unlinkEntry(folder, name);
  } else if (!isThere(folder, aside)) return;
  else if (isLent || fd === undefined) renameEntry(folder, aside, name);
  else removeAside(folder, aside);
}

/** Only the very file: what provisioning has put in its place never had the attribute. */
function forbidChanges(folder: number, name: string, inode: string): void {
  const fd = openEntryIfThere(folder, name);
  if (fd === undefined) return;
  usingFd(fd, () => {
    if (`${statFd(fd).ino}` === inode) changeFlag(folder, name, "+i");
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

/** How far the giving back has come: when it fails, the next try goes on from there. */
interface Progress {
  outcome?: "restored" | "kept";
  /** Once what was there is back: whether nobody else has changed its folder. */
  isFolderUnchanged?: boolean;
}

interface Print {
  readonly stats: BigIntStats;
  readonly hash: string;
}

interface PutOptions {
  readonly aside: string | undefined;
  /** Told before what was there loses the attribute `i`. */
  readonly onImmutable: (inode: string) => void;
}

function putFile(place: Place, file: BorrowedFile, { aside, onImmutable }: PutOptions): Loan {
  const { folder } = place;
  const folderBefore = statFd(folder);
  const copy = copyOf(place);
  let wasImmutable = false;
  const free = (inode: string) => {
    onImmutable(inode);
    wasImmutable = true;
  };
  try {
    if (aside !== undefined) putAside(place, aside, free);
    const ours = writeFile(place, file);
    return { ours, aside, copy, wasImmutable, folderBefore, folderAfter: statFd(folder) };
  } catch (error) {
    takeBack(place, { aside, wasImmutable, folderBefore });
    throw error;
  }
}

/** As if nothing had been begun. */
function takeBack(
  { folder, name, path }: Place,
  { aside, wasImmutable, folderBefore }: Pick<Loan, "aside" | "wasImmutable" | "folderBefore">,
): void {
  if (aside !== undefined && isThere(folder, aside)) renameEntry(folder, aside, name);
  if (wasImmutable) changeFlag(folder, name, "+i");
  if (statFd(folder).mtimeNs === folderBefore.mtimeNs) return;
  restoreModifiedTime(folder, { path: posix.dirname(toText(path)), ns: folderBefore.mtimeNs });
}

/** Writes a new file, or none. */
function writeFile({ folder, name }: Pick<Place, "folder" | "name">, { content, mode, uid, gid }: BorrowedFile): Print {
  return usingFd(createFile(folder, name, mode), (fd) => {
    try {
      writeFileSync(fd, content);
      fchownSync(fd, uid, gid);
      fchmodSync(fd, mode);
      return { stats: statFd(fd), hash: hashOf(content) };
    } catch (error) {
      unlinkEntry(folder, name);
      throw error;
    }
  });
}

/** @param onImmutable Told before it loses the attribute, without which it cannot be renamed */
function putAside({ folder, name, fd }: Place, aside: string, onImmutable: (inode: string) => void): void {
  try {
    renameEntry(folder, name, aside);
  } catch (error) {
    if (!isErrno(error, "EPERM") || fd === undefined || !statFd(fd).isFile()) throw error;
    // People make resolv.conf immutable, to keep programs from writing it.
    onImmutable(`${statFd(fd).ino}`);
    changeFlag(folder, name, "-i");
    renameEntry(folder, name, aside);
  }
}

/** Provisioning may have forbidden changes: `chattr +i /etc/resolv.conf` is there to stay, and the lent file is not. */
function giveBack(place: Place, loan: Loan, progress: Progress, warn?: Warn): "restored" | "kept" {
  const { folder, name } = place;
  const names = [name, ...(loan.aside === undefined ? [] : [loan.aside])];
  return changeEntries(folder, names, () => giveBackOnce(place, loan, progress, warn));
}

function giveBackOnce(place: Place, loan: Loan, progress: Progress, warn?: Warn): "restored" | "kept" {
  const { folder, name } = place;
  if (progress.isFolderUnchanged === undefined) {
    if (!isOurs(place, loan.ours)) {
      if (loan.aside !== undefined) removeAside(folder, loan.aside);
      return "kept";
    }
    const isFolderUnchanged = statFd(folder).mtimeNs === loan.folderAfter.mtimeNs;
    if (loan.aside === undefined) unlinkEntry(folder, name);
    else if (isThere(folder, loan.aside)) renameEntry(folder, loan.aside, name);
    else makeAnew(place, loan.aside, loan.copy);
    progress.isFolderUnchanged = isFolderUnchanged;
  }
  if (loan.wasImmutable) changeFlag(folder, name, "+i");
  if (progress.isFolderUnchanged) {
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

/**
 * Provisioning has removed what was put aside, as an unknown file, without a thought of what it was. It is made under the same
 * name: until it is there in full, our file stays, so that it can be tried again.
 */
function makeAnew({ folder, name }: Place, aside: string, copy: Copy | undefined): void {
  if (copy === undefined) {
    unlinkEntry(folder, name);
    return;
  }
  if ("target" in copy) makeLink(copy.target, folder, aside);
  else writeFile({ folder, name: aside }, copy);
  renameEntry(folder, aside, name);
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
