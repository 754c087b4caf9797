import { constants, ftruncateSync, openSync, readdirSync } from "node:fs";
import { fdPath, mountIdOf, statFd, toText, unlinkEntry, usingFd } from "../../chroot/openat.ts";
import { removeTree } from "../../chroot/remove-tree.ts";
import { RootFolder } from "../../chroot/root-folder.ts";
import { reasonOf } from "../../chroot/transfer-error.ts";
import { closePlace, type Place, walk } from "../../chroot/walk.ts";
import { isErrno } from "../../common/errno.ts";

/** Each level holds descriptors. */
const DEEPEST = 100;

type Kind = "file" | "folder" | "link" | "other" | "nothing";

/**
 * Removes and empties things of an image, by descriptors: links are removed, never followed. What is on a mount that is
 * not the image's, wherever on the way that was mounted, is as good as not there: a bind mount shows folders of this machine. The
 * mount's number tells, as the kernel gives it for what is open: a path does not, with links and names that are no UTF-8.
 * Paths are bytes, one character for each: a name on disk need not be UTF-8.
 */
export class ImageCleaner {
  readonly files: RootFolder;
  readonly #ownMounts: ReadonlySet<number>;
  /** What could not be done. */
  readonly problems: string[] = [];

  constructor(root: string, ownMounts: readonly number[]) {
    this.files = new RootFolder(root);
    this.#ownMounts = new Set(ownMounts);
  }

  /** Removes a file, a link or a folder with all in it. @returns whether there was something */
  remove(path: string): boolean {
    return this.#at(path, false, ({ folder, name, fd }) => {
      if (fd === undefined) return false;
      removeTree(folder, name);
      return true;
    });
  }

  /** Removes what is in a folder and matches, not the folder. @returns the paths that went */
  removeIn(folder: string, matches: (name: string) => boolean = () => true): readonly string[] {
    const paths = this.names(folder)
      .filter(matches)
      .map((name) => `${folder}/${name}`);
    return paths.filter((path) => this.remove(path));
  }

  /** Empties a regular file, which keeps its mode and owner. @returns whether it had something in it */
  empty(path: string): boolean {
    return this.#at(path, false, ({ folder, name, fd }) => {
      if (fd === undefined) return false;
      const stats = statFd(fd);
      if (!stats.isFile() || stats.size === 0n) return false;
      // By another name it is another's file: only this name goes.
      if (stats.nlink > 1n) unlinkEntry(folder, name);
      else usingFd(openSync(fdPath(fd), constants.O_WRONLY | constants.O_NONBLOCK), (file) => ftruncateSync(file));
      return true;
    });
  }

  /** Every file below a folder, by its path. Links are not followed, and what is mounted is not entered. */
  filesBelow(folder: string, depth = 0): readonly string[] {
    if (depth > DEEPEST) return [];
    return this.names(folder).flatMap((name) => {
      const path = `${folder}/${name}`;
      const kind = this.kindOf(path);
      if (kind === "folder") return this.filesBelow(path, depth + 1);
      return kind === "file" ? path : [];
    });
  }

  /** What is in a folder that is one itself, and belongs to the image. */
  names(folder: string): readonly string[] {
    if (this.kindOf(folder) !== "folder") return [];
    return this.#at(folder, [], ({ fd }) =>
      fd === undefined ? [] : readdirSync(fdPath(fd), { encoding: "latin1" }).sort(),
    );
  }

  kindOf(path: string): Kind {
    return this.#at<Kind>(path, "nothing", ({ fd }) => {
      if (fd === undefined) return "nothing";
      const stats = statFd(fd);
      if (stats.isFile()) return "file";
      if (stats.isDirectory()) return "folder";
      return stats.isSymbolicLink() ? "link" : "other";
    });
  }

  /** One thing that cannot be cleaned keeps no other from being. */
  #at<Result>(path: string, otherwise: Result, use: (place: Place) => Result): Result {
    try {
      const place = walk(this.files.path, path, { followLast: false, onMissing: "stop" });
      try {
        return this.#isOwn(place) ? use(place) : otherwise;
      } finally {
        closePlace(place);
      }
    } catch (error) {
      if (!isErrno(error, "ENOENT", "ENOTDIR")) this.problems.push(`${toText(path)}: ${reasonOf(error)}`);
      return otherwise;
    }
  }
  /** The folder counts, too: to unlink what is mounted on an entry of it would change that folder. */
  #isOwn({ folder, fd }: Place): boolean {
    return [folder, fd].every((each) => each === undefined || this.#ownMounts.has(mountIdOf(each)));
  }
}
