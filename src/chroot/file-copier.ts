import { closeSync, linkSync } from "node:fs";
import { type CopyWatch, copyBytes, isForProgram } from "./copy-bytes.ts";
import { createInPlace, openFileIfThere, removeIfThere } from "./file-in-place.ts";
import { entryPath, statFd } from "./openat.ts";
import type { RootFolder } from "./root-folder.ts";
import { identityOf } from "./tree-entries.ts";
import {
  copyPlainFile,
  type Entry,
  type FileRules,
  type Folders,
  openKeptFile,
  setFileAttributes,
} from "./tree-file.ts";
import type { XattrCopier } from "./tree-xattrs.ts";
import { WorkBeside } from "./work-beside.ts";

/** One program copies a large file while another starts, or waits for its disk. */
const MOST_BESIDE = 2;

interface FileCopierOptions {
  readonly rules: FileRules;
  readonly watch: CopyWatch;
  readonly xattrs: XattrCopier;
  /** The root that has the copy. */
  readonly to: RootFolder;
  /** The way in it of an entry, whose path is relative to the tree. */
  readonly wayTo: (path: string) => Buffer;
  /** What to throw for an error of an entry. */
  readonly failure: (error: unknown, path: string) => unknown;
}

/** Copies the files of a tree: small ones at once, large and sparse ones by programs that go on beside the walk. */
export class FileCopier {
  readonly #options: FileCopierOptions;
  readonly #beside = new WorkBeside(MOST_BESIDE);
  /** Files with several names: where the first of them was copied to, by device and inode. */
  readonly #linked = new Map<string, string>();
  #count = 0;

  constructor(options: FileCopierOptions) {
    this.#options = options;
  }

  /** How many have been copied. */
  get count(): number {
    return this.#count;
  }

  /** @throws when one has failed that went on beside the walk */
  check(): void {
    this.#beside.check();
  }

  /** Waits until nothing goes on beside the walk. */
  idle(): Promise<void> {
    return this.#beside.idle();
  }

  /**
   * Copies a file of this machine's own: opened once, and without waiting.
   * @returns false when it is to be looked at more closely, and copied by {@link copy}
   */
  copyAtOnce(folders: Folders, name: string, path: string): boolean {
    const fd = openFileIfThere(folders.from, name);
    if (fd === undefined) return false;
    let isTaken = false;
    try {
      const stats = statFd(fd);
      if (!stats.isFile() || stats.nlink > 1n || isForProgram(stats)) return false;
      const pair = copyPlainFile({ fd, stats, folders, name, path }, this.#options.rules, this.#options.watch);
      this.#count += 1;
      if (pair === undefined) return true;
      this.#options.xattrs.add(pair);
      isTaken = true;
      return true;
    } catch (error) {
      throw this.#options.failure(error, path);
    } finally {
      if (!isTaken) closeSync(fd);
    }
  }

  /** @returns whether the entry's descriptor was taken over, and is not to be closed */
  async copy(entry: Entry): Promise<boolean> {
    const { fd, stats, path } = entry;
    const kept = openKeptFile(entry, this.#options.rules);
    if (kept === undefined && stats.nlink > 1n && this.#linkToCopy(entry)) return false;
    const to = kept ?? createInPlace(entry.folders.to, entry.name);
    if (kept === undefined && stats.nlink > 1n) this.#linked.set(identityOf(stats), path);
    const copy = async () => {
      let isTaken = false;
      try {
        // Files of the kernel claim to be empty, and may have no end.
        if (stats.size > 0n) await copyBytes({ fd, stats, isReadable: false }, to, this.#options.watch);
        this.#count += 1;
        if (kept !== undefined) return;
        setFileAttributes(to, stats, this.#options.rules);
        this.#options.xattrs.add({ from: fd, to, path });
        isTaken = true;
      } catch (error) {
        throw this.#options.failure(error, path);
      } finally {
        if (!isTaken) for (const each of [fd, to]) closeSync(each);
      }
    };
    await this.#beside.begin(copy);
    // Of an image, a file may grow for ever: that is watched all the time, and not at every turn of the walk.
    if (this.#options.watch.budget !== undefined) await this.#beside.idle();
    return true;
  }

  /** @returns false for the first name of a file */
  #linkToCopy({ stats, folders, name }: Entry): boolean {
    const first = this.#linked.get(identityOf(stats));
    if (first === undefined) return false;
    removeIfThere(folders.to, name);
    this.#options.to.withPlace(
      "link to",
      this.#options.wayTo(first),
      { followLast: false, onMissing: "fail" },
      (place) => linkSync(entryPath(place.folder, place.name), entryPath(folders.to, name)),
    );
    return true;
  }
}
