import { chmodSync, closeSync } from "node:fs";
import { isErrno } from "../common/errno.ts";
import { fdPath, makeFolder, openEntry, openFolder, readLink, removeEmptyFolder, statFd } from "./openat.ts";

/** As many links as Linux follows in one path. @see path_resolution(7) */
const MAX_LINKS = 40;

/** What a walk does where a part of the path is missing. */
export type OnMissing = "fail" | "stop" | { readonly makeFolders: number };

export interface WalkOptions {
  /** Whether a link at the end of the path is followed. */
  readonly followLast: boolean;
  /** `stop` ends the walk there when it is the last part; a number makes folders with that mode. */
  readonly onMissing: OnMissing;
}

/** Where a walk ended. The descriptors are the caller's to close, with {@link closePlace}. */
export interface Place {
  /** The folder that has the entry. For the root itself that is the root. */
  readonly folder: number;
  /** Name of the entry, as bytes; `.` for the root. */
  readonly name: string;
  /** The entry itself; `undefined` when it is missing. */
  readonly fd: number | undefined;
  /** The way to it without links, from the root, as bytes. */
  readonly path: string;
  /** Folders that the walk made, outermost first: their ways from the root. */
  readonly made: readonly string[];
}

interface Step {
  readonly fd: number;
  readonly name: string;
}

/**
 * Walks a path inside a root, one part after the other, from descriptor to descriptor. The kernel follows no link: they
 * are read and resolved here, absolute ones from the root, and `..` ends at the root. A folder that is swapped for a
 * link meanwhile is a link that is read like any other, so the walk never leaves the root. Where it fails, the folders that it
 * has made are gone again.
 * @param path As bytes
 * @throws the error of the system call, with its code; `ELOOP` and `ENOTDIR` likewise
 */
export function walk(root: string, path: string, options: WalkOptions): Place {
  const walker = new Walker(root, options);
  try {
    return walker.walk(path);
  } catch (error) {
    for (const folder of [...walker.made].reverse()) removeIfEmpty(root, folder);
    throw error;
  } finally {
    walker.close();
  }
}

export function closePlace(place: Place): void {
  closeSync(place.folder);
  if (place.fd !== undefined) closeSync(place.fd);
}

/** What somebody has put something into meanwhile stays, and what goes wrong here hides nothing. */
function removeIfEmpty(root: string, path: string): void {
  try {
    const place = walk(root, path, { followLast: false, onMissing: "fail" });
    try {
      removeEmptyFolder(place.folder, place.name);
    } finally {
      closePlace(place);
    }
  } catch {}
}

class Walker {
  /** The folders we stand in, the root first: `..` goes back one, to where we came from. */
  readonly #steps: Step[];
  readonly #options: WalkOptions;
  readonly #made: string[] = [];
  #links = 0;

  constructor(root: string, options: WalkOptions) {
    this.#steps = [{ fd: openFolder(root), name: "" }];
    this.#options = options;
  }

  /** Folders, outermost first: their ways from the root. */
  get made(): readonly string[] {
    return this.#made;
  }

  close(): void {
    for (const { fd } of this.#steps.splice(0)) closeSync(fd);
  }

  walk(path: string): Place {
    const parts = splitPath(path);
    for (let name = parts.pop(); name !== undefined; name = parts.pop()) {
      if (name === ".") continue;
      if (name === "..") {
        this.#goBack();
        continue;
      }
      const place = this.#enter(name, parts);
      if (place) return place;
    }
    return this.#placeOfFolder();
  }

  /** @returns where the walk ends, if it ends here */
  #enter(name: string, rest: string[]): Place | undefined {
    const fd = this.#open(name, rest.length === 0);
    if (fd === undefined) return this.#end(name, undefined);
    const stats = statFd(fd);
    if (stats.isDirectory()) {
      this.#steps.push({ fd, name });
      return undefined;
    }
    if (stats.isSymbolicLink() && (rest.length > 0 || this.#options.followLast)) {
      closeSync(fd);
      this.#follow(name, rest);
      return undefined;
    }
    if (rest.length === 0) return this.#end(name, fd);
    closeSync(fd);
    throw systemError("ENOTDIR", "not a folder");
  }

  #open(name: string, isLast: boolean): number | undefined {
    const { onMissing } = this.#options;
    try {
      return openEntry(this.#here, name);
    } catch (error) {
      if (!isErrno(error, "ENOENT") || onMissing === "fail") throw error;
      if (onMissing !== "stop") return this.#make(name, onMissing.makeFolders);
      if (isLast) return undefined;
      throw error;
    }
  }

  #make(name: string, mode: number): number {
    makeFolder(this.#here, name, mode);
    this.#made.push(this.#pathOf(name));
    const fd = openEntry(this.#here, name);
    // mkdir's mode is cut by the umask.
    chmodSync(fdPath(fd), mode);
    return fd;
  }

  #follow(name: string, rest: string[]): void {
    this.#links += 1;
    if (this.#links > MAX_LINKS) throw systemError("ELOOP", "too many links");
    const target = readLink(this.#here, name);
    if (target.startsWith("/")) while (this.#steps.length > 1) this.#goBack();
    rest.push(...splitPath(target));
  }

  #goBack(): void {
    const step = this.#steps.length > 1 ? this.#steps.pop() : undefined;
    if (step) closeSync(step.fd);
  }

  get #here(): number {
    return (this.#steps.at(-1) as Step).fd;
  }

  #pathOf(name: string): string {
    return `${this.#steps.map((step) => step.name).join("/")}/${name}`;
  }

  #end(name: string, fd: number | undefined): Place {
    const path = this.#pathOf(name);
    const folder = (this.#steps.pop() as Step).fd;
    return { folder, name, fd, path, made: this.#made };
  }

  /** The walk ended in a folder: the last step is the entry, and the one before it has it. */
  #placeOfFolder(): Place {
    const { fd, name } = this.#steps.pop() as Step;
    const parent = this.#steps.at(-1);
    if (!parent) return { folder: openFolder(fdPath(fd)), name: ".", fd, path: "/", made: this.#made };
    return this.#end(name, fd);
  }
}

/** The parts of a path, last first. A slash at the end asks for a folder, as `/.` does. */
function splitPath(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  if (path.endsWith("/")) parts.push(".");
  return parts.reverse();
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
