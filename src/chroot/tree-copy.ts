import {
  type BigIntStats,
  chmodSync,
  chownSync,
  closeSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  linkSync,
  opendirSync,
  openSync,
  utimesSync,
} from "node:fs";
import { type AttributedPaths, findAttributedPaths } from "./attributed-paths.ts";
import type { Owner } from "./communicator.ts";
import { CopyBudget, type Spent } from "./copy-budget.ts";
import { CopyStopped, type CopyWatch, copyBytes, type IsStopped } from "./copy-bytes.ts";
import { createInPlace, openExistingFile, openFileIfThere, removeIfThere } from "./file-in-place.ts";
import {
  entryPath,
  fdPath,
  makeFolder,
  makeLink,
  O_PATH,
  openEntry,
  openEntryIfThere,
  openFolder,
  readLink,
  statFd,
  toBytes,
  toText,
  usingFd,
} from "./openat.ts";
import { RootFolder } from "./root-folder.ts";
import { reasonOf, TransferError } from "./transfer-error.ts";
import { compileExclude, identityOf, toSeconds } from "./tree-entries.ts";
import { XattrCopier } from "./tree-xattrs.ts";
import type { Place } from "./walk.ts";

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
  /**
   * What may be written at most, for a tree that is not ours: a number of bytes, or `"held"` for as many as the file systems
   * hold that it is on. Absent: no bound.
   */
  readonly limitBytes?: number | "held" | undefined;
  /** What earlier copies have used of it. */
  readonly spent?: Spent | undefined;
}

export interface TreeResult {
  readonly files: number;
  /** Of the limit, with what earlier copies have used. */
  readonly spent: Spent | undefined;
  readonly warnings: readonly string[];
}

const PERMISSIONS = 0o7777n;
const SET_IDS = 0o6000n;
const PRIVATE_MODE = 0o700;
const NAMES_AT_ONCE = 256;

/**
 * Copies a folder with modes, times (to the microsecond), links, hard links, holes and extended attributes, and with
 * owners if none is given. A link in the way is replaced, a file too unless it is overwritten; a folder that is there
 * keeps its own mode, owner and time. Sockets, pipes and device nodes are left out with a warning. Memory does not grow with the size of files or the number of entries.
 *
 * All but the copying of large files is synchronous, so it belongs into a thread of its own.
 * @param isStopped Asked at every entry
 * @throws {TransferError} that names the path
 * @throws {CopyStopped}
 */
export async function copyTree(job: TreeJob, isStopped: IsStopped = () => false): Promise<TreeResult> {
  const roots = { from: new RootFolder(job.fromRoot), to: new RootFolder(job.toRoot) };
  const open = (place: Place) => openFolder(fdPath(place.fd as number));
  const from = roots.from.withPlace("read the folder", job.from, { onMissing: "fail" }, open);
  try {
    const way = { onMissing: { makeFolders: 0o755 } };
    const [to, isNew] = roots.to.withPlace("make the folder", job.to, way, (place) => {
      if (!statFd(place.fd as number).isDirectory()) throw new Error("There is something else");
      return [open(place), place.made.length > 0] as const;
    });
    try {
      // To look beside the copying goes by paths, which an image's processes could turn elsewhere, to trees without end.
      const isSearched = job.fromRoot === "/" && job.exclude.length === 0;
      const attributed = isSearched ? findAttributedPaths(from) : undefined;
      return await new TreeCopier(job, { to: roots.to, isStopped, attributed }).copy(from, to, isNew);
    } finally {
      closeSync(to);
    }
  } finally {
    closeSync(from);
  }
}

interface CopierOptions {
  readonly to: RootFolder;
  readonly isStopped: IsStopped;
  readonly attributed: AttributedPaths | undefined;
}

/** A folder that is being copied. */
interface Folders {
  readonly from: number;
  readonly to: number;
  /** We have made it a moment ago: nothing is in it, or somebody was very fast. */
  readonly isNew: boolean;
}

/** One entry of the tree. */
interface Entry {
  readonly fd: number;
  /** Its content can be read from the descriptor; otherwise that only stands for it. */
  readonly isReadable: boolean;
  readonly stats: BigIntStats;
  readonly folders: Folders;
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
  readonly #watch: CopyWatch;
  /** The tree is this machine's, and not an image's. */
  readonly #isOurs: boolean;
  #files = 0;
  #target = "";

  constructor(job: TreeJob, { to, isStopped, attributed }: CopierOptions) {
    this.#job = job;
    this.#to = to;
    this.#isOurs = job.fromRoot === "/";
    const { limitBytes, spent } = job;
    const budget =
      limitBytes === undefined ? undefined : new CopyBudget(limitBytes === "held" ? undefined : limitBytes, spent);
    this.#watch = { isStopped, budget };
    const warn = (message: string) => void this.#warnings.push(message);
    this.#xattrs = new XattrCopier({ warn, keepPrivileges: job.keepPrivileges, attributed });
    const globs = job.exclude.map(compileExclude);
    this.#isExcluded = (path) => globs.some((glob) => glob.test(path));
  }

  async copy(from: number, to: number, isNew: boolean): Promise<TreeResult> {
    this.#target = identityOf(statFd(to));
    try {
      await this.#copyContent({ from, to, isNew }, "");
      if (isNew) this.#finish(from, to, { stats: statFd(from), path: "" });
      await this.#xattrs.flush();
    } finally {
      await this.#xattrs.close();
    }
    return { files: this.#files, spent: this.#watch.budget?.spent, warnings: this.#warnings };
  }

  /** @param path Of the folder, relative to the tree, as bytes; with a slash at its end unless it is the tree itself */
  async #copyContent(folders: Folders, path: string): Promise<void> {
    const { from } = folders;
    const stats = statFd(from);
    if (identityOf(stats) === this.#target) throw new Error("A folder cannot be copied into itself");
    this.#watch.budget?.add(from, stats.dev);
    const folder = opendirSync(fdPath(from), { encoding: "latin1" as BufferEncoding, bufferSize: NAMES_AT_ONCE });
    try {
      for (let entry = folder.readSync(); entry; entry = folder.readSync()) {
        if (this.#watch.isStopped()) throw new CopyStopped();
        const entryWay = `${path}${entry.name}`;
        if (this.#isExcluded(toText(entryWay))) continue;
        const isFile = entry.isFile() && this.#isOurs;
        await this.#copyEntry(folders, entry.name, { path: entryWay, isFile });
        if (this.#xattrs.isFull) await this.#xattrs.flush();
      }
    } finally {
      folder.closeSync();
    }
  }

  async #copyEntry(
    folders: Folders,
    name: string,
    { path, isFile }: { readonly path: string; readonly isFile: boolean },
  ): Promise<void> {
    let fd: number | undefined;
    let isTaken = false;
    try {
      // A file of our own is opened once. In an image, a device may take its place meanwhile, which opening would wake.
      const opened = isFile ? openFileIfThere(folders.from, name) : undefined;
      fd = opened ?? openEntryIfThere(folders.from, name);
      // It went away since the folder was read.
      if (fd === undefined) return;
      const entry = { fd, isReadable: opened !== undefined, stats: statFd(fd), folders, name, path };
      isTaken = await this.#copyKind(entry);
    } catch (error) {
      if (error instanceof TransferError || error instanceof CopyStopped) throw error;
      const [from, to] = [`${this.#job.from}/${toText(path)}`, `${this.#job.to}/${toText(path)}`];
      throw new TransferError(`Cannot copy "${from}" to "${to}": ${reasonOf(error)}`);
    } finally {
      if (fd !== undefined && !isTaken) closeSync(fd);
    }
  }

  /** @returns whether the entry's descriptor was taken over, and is not to be closed */
  async #copyKind(entry: Entry): Promise<boolean> {
    const { stats } = entry;
    if (stats.isFile()) return this.#copyFile(entry);
    if (stats.isDirectory()) await this.#copyFolder(entry);
    else if (stats.isSymbolicLink()) this.#copyLink(entry);
    else this.#warnings.push(`"${toText(entry.path)}" is left out: it is a socket, a pipe or a device`);
    return false;
  }

  async #copyFolder({ fd, stats, folders, name, path }: Entry): Promise<void> {
    const existing = this.#openTargetFolder(folders.to, name, path);
    const isNew = existing === undefined;
    if (isNew) makeFolder(folders.to, name, PRIVATE_MODE);
    const to = existing ?? openEntry(folders.to, name);
    try {
      await this.#copyContent({ from: fd, to, isNew }, `${path}/`);
      if (isNew) this.#finish(fd, to, { stats, path });
    } finally {
      closeSync(to);
    }
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

  #copyLink({ fd, stats, folders, name, path }: Entry): void {
    const target = readLink(folders.from, name);
    removeIfThere(folders.to, name);
    makeLink(target, folders.to, name);
    usingFd(openEntry(folders.to, name), (to) => this.#finish(fd, to, { stats, path }));
  }

  async #copyFile(entry: Entry): Promise<boolean> {
    const { fd, stats, folders, name, path } = entry;
    const mayOverwrite = this.#job.overwritesFiles && !folders.isNew;
    const existing = mayOverwrite ? openExistingFile(folders.to, name) : undefined;
    if (existing === undefined && stats.nlink > 1n && this.#linkToCopy(entry)) return false;
    const to = existing ?? createInPlace(folders.to, name);
    let isTaken = false;
    try {
      // Files of the kernel claim to be empty, and may have no end.
      if (stats.size > 0n) await copyBytes(entry, to, this.#watch);
      this.#files += 1;
      if (existing !== undefined) return false;
      this.#setFileAttributes(to, stats);
      this.#xattrs.add(fd, to, path);
      isTaken = true;
    } finally {
      if (!isTaken) closeSync(to);
    }
    if (stats.nlink > 1n) this.#linked.set(identityOf(stats), path);
    return true;
  }

  /** @returns false for the first name of a file */
  #linkToCopy({ stats, folders, name }: Entry): boolean {
    const first = this.#linked.get(identityOf(stats));
    if (first === undefined) return false;
    removeIfThere(folders.to, name);
    this.#to.withPlace("link to", this.#wayTo(first), { followLast: false, onMissing: "fail" }, (place) =>
      linkSync(entryPath(place.folder, place.name), entryPath(folders.to, name)),
    );
    return true;
  }

  /** Owner before mode and attributes: changing it clears the set-user-ID bit and capabilities. */
  #finish(from: number, to: number, { stats, path }: Pick<Entry, "stats" | "path">): void {
    const { uid, gid } = this.#job.owner ?? stats;
    chownSync(fdPath(to), Number(uid), Number(gid));
    if (!stats.isSymbolicLink()) chmodSync(fdPath(to), this.#modeOf(stats));
    utimesSync(fdPath(to), toSeconds(stats.atimeNs), toSeconds(stats.mtimeNs));
    // With descriptors of its own: these are closed long before the batch is full.
    this.#xattrs.add(openSync(fdPath(from), O_PATH), openSync(fdPath(to), O_PATH), path);
  }

  /** The same for a file that is open for writing. */
  #setFileAttributes(to: number, stats: BigIntStats): void {
    const { uid, gid } = this.#job.owner ?? stats;
    fchownSync(to, Number(uid), Number(gid));
    fchmodSync(to, this.#modeOf(stats));
    futimesSync(to, toSeconds(stats.atimeNs), toSeconds(stats.mtimeNs));
  }

  #modeOf(stats: BigIntStats): number {
    const isStripped = stats.isFile() && !this.#job.keepPrivileges;
    return Number(stats.mode & (isStripped ? PERMISSIONS & ~SET_IDS : PERMISSIONS));
  }

  #wayTo(path: string): Buffer {
    return Buffer.from(`${toBytes(this.#job.to)}/${path}`, "latin1");
  }
}
