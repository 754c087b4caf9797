import { closeSync, opendirSync, openSync } from "node:fs";
import { type AttributedPaths, findAttributedPaths } from "./attributed-paths.ts";
import { CopyBudget, type Spent } from "./copy-budget.ts";
import { CopyStopped, type CopyWatch, type IsStopped } from "./copy-bytes.ts";
import { FileCopier } from "./file-copier.ts";
import { removeIfThere } from "./file-in-place.ts";
import {
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
import { identityOf } from "./tree-entries.ts";
import { type Entry, type FileRules, type Folders, setEntryAttributes } from "./tree-file.ts";
import { XattrCopier } from "./tree-xattrs.ts";
import type { Place } from "./walk.ts";

/** A folder to copy from one root to another, as plain data: it may go to a worker thread. */
export interface TreeJob extends FileRules {
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
  const isExcluded = await compileExcludes(job.exclude);
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
      return await new TreeCopier(job, { to: roots.to, isExcluded, isStopped, attributed }).copy(from, to, isNew);
    } finally {
      closeSync(to);
    }
  } finally {
    closeSync(from);
  }
}

/** What compiles globs takes as long to load as all the rest, and few jobs have some. */
async function compileExcludes(excludes: readonly string[]): Promise<(path: string) => boolean> {
  if (excludes.length === 0) return () => false;
  const { compileExclude } = await import("./exclude.ts");
  const globs = excludes.map(compileExclude);
  return (path) => globs.some((glob) => glob.test(path));
}

interface CopierOptions {
  readonly to: RootFolder;
  readonly isExcluded: (path: string) => boolean;
  readonly isStopped: IsStopped;
  readonly attributed: AttributedPaths | undefined;
}

class TreeCopier {
  readonly #job: TreeJob;
  readonly #to: RootFolder;
  readonly #isExcluded: (path: string) => boolean;
  readonly #warnings: string[] = [];
  readonly #xattrs: XattrCopier;
  readonly #watch: CopyWatch;
  /** The tree is this machine's, and not an image's. */
  readonly #isOurs: boolean;
  readonly #files: FileCopier;
  #target = "";
  /** What still goes on beside the walk is to stop: it has failed. */
  #isOver = false;

  constructor(job: TreeJob, { to, isExcluded, isStopped, attributed }: CopierOptions) {
    this.#job = job;
    this.#to = to;
    this.#isOurs = job.fromRoot === "/";
    const { limitBytes, spent } = job;
    const budget =
      limitBytes === undefined ? undefined : new CopyBudget(limitBytes === "held" ? undefined : limitBytes, spent);
    this.#watch = { isStopped: () => this.#isOver || isStopped(), budget };
    const warn = (message: string) => void this.#warnings.push(message);
    this.#xattrs = new XattrCopier({ warn, keepPrivileges: job.keepPrivileges, attributed });
    this.#files = new FileCopier({
      ...{ rules: job, watch: this.#watch, xattrs: this.#xattrs, to },
      wayTo: (path) => this.#wayTo(path),
      failure: (error, path) => this.#failure(error, path),
    });
    this.#isExcluded = isExcluded;
  }

  async copy(from: number, to: number, isNew: boolean): Promise<TreeResult> {
    this.#target = identityOf(statFd(to));
    try {
      await this.#copyContent({ from, to, isNew }, "");
      await this.#files.idle();
      this.#files.check();
      if (isNew) this.#finish(from, to, { stats: statFd(from), path: "" });
      await this.#xattrs.flush();
    } finally {
      this.#isOver = true;
      await this.#files.idle();
      await this.#xattrs.close();
    }
    return { files: this.#files.count, spent: this.#watch.budget?.spent, warnings: this.#warnings };
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
        this.#files.check();
        const entryWay = `${path}${entry.name}`;
        if (this.#isExcluded(toText(entryWay))) continue;
        // In an image, a device may take a file's place meanwhile, which opening would wake.
        const mayBeOpened = this.#isOurs && entry.isFile();
        if (!mayBeOpened || !this.#files.copyAtOnce(folders, entry.name, entryWay))
          await this.#copyEntry(folders, entry.name, entryWay);
        if (this.#xattrs.isFull) await this.#xattrs.flush();
      }
    } finally {
      folder.closeSync();
    }
  }

  async #copyEntry(folders: Folders, name: string, path: string): Promise<void> {
    let fd: number | undefined;
    let isTaken = false;
    try {
      fd = openEntryIfThere(folders.from, name);
      // It went away since the folder was read.
      if (fd === undefined) return;
      isTaken = await this.#copyKind({ fd, stats: statFd(fd), folders, name, path });
    } catch (error) {
      throw this.#failure(error, path);
    } finally {
      if (fd !== undefined && !isTaken) closeSync(fd);
    }
  }

  /** @returns whether the entry's descriptor was taken over, and is not to be closed */
  async #copyKind(entry: Entry): Promise<boolean> {
    const { stats } = entry;
    if (stats.isFile()) return this.#files.copy(entry);
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

  #finish(from: number, to: number, { stats, path }: Pick<Entry, "stats" | "path">): void {
    setEntryAttributes(to, stats, this.#job);
    // With descriptors of its own: these are closed long before the batch is full.
    this.#xattrs.add({ from: openSync(fdPath(from), O_PATH), to: openSync(fdPath(to), O_PATH), path });
  }

  #failure(error: unknown, path: string): unknown {
    if (error instanceof TransferError || error instanceof CopyStopped) return error;
    const [from, to] = [`${this.#job.from}/${toText(path)}`, `${this.#job.to}/${toText(path)}`];
    return new TransferError(`Cannot copy "${from}" to "${to}": ${reasonOf(error)}`);
  }

  #wayTo(path: string): Buffer {
    return Buffer.from(`${toBytes(this.#job.to)}/${path}`, "latin1");
  }
}
