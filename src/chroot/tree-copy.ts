import {
  type BigIntStats,
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  opendirSync,
  openSync,
  utimesSync,
} from "node:fs";
import { compilePathGlob, type Glob } from "../common/glob.ts";
import type { Owner } from "./communicator.ts";
import { copyBytes } from "./copy-bytes.ts";
import { createInPlace, openExistingFile, removeIfThere } from "./file-in-place.ts";
import {
  entryPath,
  fdPath,
  makeFolder,
  makeLink,
  O_PATH,
  openEntry,
  openEntryIfThere,
  readLink,
  statFd,
  toBytes,
  toText,
  usingFd,
} from "./openat.ts";
import { RootFolder } from "./root-folder.ts";
import { reasonOf, TransferError } from "./transfer-error.ts";
import { XattrCopier } from "./tree-xattrs.ts";

/** A folder to copy from one root to another, as plain data: it may go to a worker thread. */
export interface TreeJob {
  readonly fromRoot: string;
  /** A folder; a link to one is followed. */
  readonly from: string;
  readonly toRoot: string;
  /** The folder that gets the content; made if it is missing, then with the owner, mode and time of `from`. */
  readonly to: string;
  /** Globs of paths relative to `from`; one without a slash is a name at any depth. An excluded folder goes as a whole. */
  readonly exclude: readonly string[];
  /** Whether a link to a folder that is in the way is followed, inside the root: `lib -> usr/lib` stays a link. */
  readonly followFolderLinks: boolean;
  /**
   * Whether files keep their set-ID bits and capabilities. They mean nothing good on a host that somebody else's image
   * is unpacked on: any user there could run them.
   */
  readonly keepPrivileges: boolean;
  /** Whether a file in the way stays the file that it is, with mode, owner and attributes, and gets other content. */
  readonly overwritesFiles: boolean;
  /** Of everything that is made; whoever owns it in `from` when absent. */
  readonly owner?: Owner | undefined;
}

export interface TreeResult {
  readonly files: number;
  readonly warnings: readonly string[];
}

const BUFFER_BYTES = 1024 * 1024;
const PERMISSIONS = 0o7777n;
const SET_IDS = 0o6000n;
const PRIVATE_MODE = 0o700;

/**
 * Copies a folder with modes, times (to the microsecond), links, hard links, holes and extended attributes, and with
 * owners if none is given. A link in the way is replaced, a file too unless it is overwritten; a folder that is there
 * keeps its own mode, owner and time. Sockets, pipes and device nodes are left out with a warning. Memory does not grow with the size of files or the number of entries.
 * @throws {TransferError} that names the path
 */
export function copyTree(job: TreeJob): TreeResult {
  const from = new RootFolder(job.fromRoot);
  const to = new RootFolder(job.toRoot);
  const copier = new TreeCopier(job, to);
  return from.withPlace("read the folder", job.from, { onMissing: "fail" }, (source) =>
    to.withPlace("make the folder", job.to, { onMissing: { makeFolders: 0o755 } }, (target) =>
      copier.copy(source.fd as number, target.fd as number, target.made.length > 0),
    ),
  );
}

/** One entry of the tree, with the folder it is in and the folder it goes to. */
interface Entry {
  readonly fd: number;
  readonly stats: BigIntStats;
  readonly fromFolder: number;
  readonly toFolder: number;
  readonly name: string;
  /** Relative to the tree. Names and paths are bytes. */
  readonly path: string;
}

class TreeCopier {
  readonly #job: TreeJob;
  readonly #to: RootFolder;
  readonly #isExcluded: (path: string) => boolean;
  readonly #warnings: string[] = [];
  readonly #xattrs: XattrCopier;
  /** Files with several names: where the first of them was copied to, by device and inode. */
  readonly #linked = new Map<string, string>();
  /** One for all files: the copying is synchronous. */
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #files = 0;
  #target = "";

  constructor(job: TreeJob, to: RootFolder) {
    this.#job = job;
    this.#to = to;
    this.#xattrs = new XattrCopier((message) => this.#warnings.push(message), job.keepPrivileges);
    const globs = job.exclude.map(compileExclude);
    this.#isExcluded = (path) => globs.some((glob) => glob.test(path));
  }

  copy(from: number, to: number, isNew: boolean): TreeResult {
    if (!statFd(from).isDirectory()) throw new Error("It is not a folder");
    if (!statFd(to).isDirectory()) throw new Error("There is something else");
    this.#target = identityOf(statFd(to));
    try {
      this.#copyContent(from, to, "");
      if (isNew) this.#finish(from, to, statFd(from));
      this.#xattrs.flush();
    } finally {
      this.#xattrs.close();
    }
    return { files: this.#files, warnings: this.#warnings };
  }

  /** @param path Of the folder, relative to the tree, as bytes; with a slash at its end unless it is the tree itself */
  #copyContent(from: number, to: number, path: string): void {
    if (identityOf(statFd(from)) === this.#target) throw new Error("A folder cannot be copied into itself");
    const folder = opendirSync(fdPath(from), { encoding: "latin1" as BufferEncoding });
    try {
      for (let entry = folder.readSync(); entry; entry = folder.readSync()) {
        const entryWay = `${path}${entry.name}`;
        if (!this.#isExcluded(toText(entryWay))) this.#copyEntry(from, to, entry.name, entryWay);
      }
    } finally {
      folder.closeSync();
    }
  }

  #copyEntry(fromFolder: number, toFolder: number, name: string, path: string): void {
    try {
      const fd = openEntryIfThere(fromFolder, name);
      // It went away since the folder was read.
      if (fd === undefined) return;
      usingFd(fd, () => this.#copyKind({ fd, stats: statFd(fd), fromFolder, toFolder, name, path }));
    } catch (error) {
      if (error instanceof TransferError) throw error;
      const [from, to] = [`${this.#job.from}/${toText(path)}`, `${this.#job.to}/${toText(path)}`];
      throw new TransferError(`Cannot copy "${from}" to "${to}": ${reasonOf(error)}`);
    }
  }

  #copyKind(entry: Entry): void {
    const { stats } = entry;
    if (stats.isDirectory()) this.#copyFolder(entry);
    else if (stats.isSymbolicLink()) this.#copyLink(entry);
    else if (stats.isFile()) this.#copyFile(entry);
    else this.#warnings.push(`"${toText(entry.path)}" is left out: it is a socket, a pipe or a device`);
  }

  #copyFolder({ fd, stats, toFolder, name, path }: Entry): void {
    const existing = this.#openTargetFolder(toFolder, name, path);
    if (existing !== undefined) {
      usingFd(existing, (to) => this.#copyContent(fd, to, `${path}/`));
      return;
    }
    makeFolder(toFolder, name, PRIVATE_MODE);
    usingFd(openEntry(toFolder, name), (to) => {
      this.#copyContent(fd, to, `${path}/`);
      this.#finish(fd, to, stats);
    });
  }

  /** The folder that is there already; `undefined` when there is nothing. */
  #openTargetFolder(toFolder: number, name: string, path: string): number | undefined {
    const fd = openEntryIfThere(toFolder, name);
    if (fd === undefined || statFd(fd).isDirectory()) return fd;
    const isLink = statFd(fd).isSymbolicLink();
    closeSync(fd);
    if (!isLink || !this.#job.followFolderLinks) throw new Error("There is something else in the folder's place");
    // Its path is walked anew, inside the root, and by every link on the way.
    return this.#to.withPlace("enter the folder", this.#wayTo(path), { onMissing: "fail" }, (place) => {
      if (!statFd(place.fd as number).isDirectory()) throw new Error("There is something else in the folder's place");
      return openEntry(place.folder, place.name);
    });
  }

  #copyLink({ fd, stats, fromFolder, toFolder, name }: Entry): void {
    const target = readLink(fromFolder, name);
    removeIfThere(toFolder, name);
    makeLink(target, toFolder, name);
    usingFd(openEntry(toFolder, name), (to) => this.#finish(fd, to, stats));
  }

  #copyFile(entry: Entry): void {
    const { fd, stats, toFolder, name, path } = entry;
    const existing = this.#job.overwritesFiles ? openExistingFile(toFolder, name) : undefined;
    if (existing !== undefined) {
      usingFd(existing, (to) => copyBytes(fd, to, stats, this.#buffer));
      this.#files += 1;
      return;
    }
    if (stats.nlink > 1n && this.#linkToCopy(entry)) return;
    usingFd(createInPlace(toFolder, name), (to) => {
      copyBytes(fd, to, stats, this.#buffer);
      this.#finish(fd, to, stats);
    });
    this.#files += 1;
    if (stats.nlink > 1n) this.#linked.set(identityOf(stats), path);
  }

  /** @returns false for the first name of a file */
  #linkToCopy({ stats, toFolder, name }: Entry): boolean {
    const first = this.#linked.get(identityOf(stats));
    if (first === undefined) return false;
    removeIfThere(toFolder, name);
    this.#to.withPlace("link to", this.#wayTo(first), { followLast: false, onMissing: "fail" }, (place) =>
      linkSync(entryPath(place.folder, place.name), entryPath(toFolder, name)),
    );
    return true;
  }

  /** Owner before mode and attributes: changing it clears the set-user-ID bit and capabilities. */
  #finish(from: number, to: number, stats: BigIntStats): void {
    const { uid, gid } = this.#job.owner ?? stats;
    chownSync(fdPath(to), Number(uid), Number(gid));
    if (!stats.isSymbolicLink()) chmodSync(fdPath(to), this.#modeOf(stats));
    utimesSync(fdPath(to), toSeconds(stats.atimeNs), toSeconds(stats.mtimeNs));
    // Descriptors of its own: these are closed long before the batch is full.
    this.#xattrs.add(openSync(fdPath(from), O_PATH), openSync(fdPath(to), O_PATH));
  }

  #modeOf(stats: BigIntStats): number {
    const isStripped = stats.isFile() && !this.#job.keepPrivileges;
    return Number(stats.mode & (isStripped ? PERMISSIONS & ~SET_IDS : PERMISSIONS));
  }

  #wayTo(path: string): Buffer {
    return Buffer.from(`${toBytes(this.#job.to)}/${path}`, "latin1");
  }
}

/** A slash at the beginning or within ties a glob to the tree; without one it is a name at any depth. */
function compileExclude(exclude: string): Glob {
  const folder = exclude.replace(/\/$/, "");
  const glob = compilePathGlob(folder.includes("/") ? folder.replace(/^\.?\//, "") : `**/${folder}`);
  if (!glob) throw new Error(`"${exclude}" is not a pattern of file names`);
  return glob;
}

/** One file system object, whatever its names. */
function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/**
 * A time as Node takes it, in seconds. It goes through a double and loses what is below a microsecond; half a one is
 * added, so that the microseconds themselves come out right.
 */
function toSeconds(ns: bigint): number {
  const us = ns / 1000n;
  return Number(us / 1_000_000n) + (Number(us % 1_000_000n) + 0.5) / 1e6;
}
