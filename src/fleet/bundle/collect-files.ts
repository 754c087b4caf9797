import { readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { messageOf } from "../../common/errors.ts";
import { type IsIgnored, ignoreRules } from "./ignore-rules.ts";

/** Something that the template refers to. */
export interface WantedPath {
  readonly path: string;
  /** `read-folder`: also what lies beside it, and below its folder. */
  readonly use: "read" | "read-folder";
  readonly isOptional: boolean;
  /** Called with why it cannot be packed. */
  readonly refuse: (problem: string) => void;
}

/** A file or folder to be packed. */
export interface FoundPath {
  /** Absolute, without a link to itself in it. */
  readonly path: string;
  readonly kind: "file" | "folder";
  /** Its permissions: read, write and run. */
  readonly mode: number;
  readonly bytes: number;
}

export interface FoundFiles {
  /** Sorted by their paths. */
  readonly found: readonly FoundPath[];
  readonly warnings: readonly string[];
}

const NEVER_BESIDE = [".git/", ".svn/", ".hg/"];

/**
 * Finds every file that is wanted, and what is below every folder, but for what `.fleetignore` names. What is named by
 * itself is packed whatever that says. Links are followed, since none travels.
 * @param workingFolder Where relative paths begin; its `.fleetignore` holds for all that is below it
 */
export function collectFiles(wanted: readonly WantedPath[], workingFolder: string): FoundFiles {
  const collection = new Collection(workingFolder);
  for (const each of wanted) collection.add(each);
  const found = [...collection.found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { found, warnings: collection.warnings };
}

class Collection {
  readonly found = new Map<string, FoundPath>();
  readonly warnings: string[] = [];
  readonly #workingFolder: string;

  constructor(workingFolder: string) {
    this.#workingFolder = workingFolder;
  }

  add({ path: given, use, isOptional, refuse }: WantedPath): void {
    const path = resolve(this.#workingFolder, given);
    try {
      const problem = this.#tryToAdd(path, { given, use, isOptional });
      if (problem !== undefined) refuse(problem);
    } catch (error) {
      refuse(`cannot read "${given}": ${messageOf(error)}`);
    }
  }

  #tryToAdd(
    path: string,
    { given, use, isOptional }: Pick<WantedPath, "use" | "isOptional"> & { readonly given: string },
  ): string | undefined {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return isOptional ? undefined : `cannot read "${given}": there is no such file or folder`;
    if (stats.isDirectory()) this.#addBelow(path, [], false);
    else if (!this.#addOne(path, stats)) return `"${given}" is neither a file nor a folder`;
    if (use === "read-folder" && !stats.isDirectory()) this.#addBelow(dirname(path), NEVER_BESIDE, true);
    return undefined;
  }

  #addBelow(folder: string, defaults: readonly string[], isBeside: boolean): void {
    const isIgnored = ignoreRules([this.#workingFolder, folder], defaults);
    // A playbook in a home folder or in / is no reason to pack all of that.
    if (isBeside && dirname(folder) === folder) return;
    this.#walk(folder, isIgnored, new Set());
  }

  /** @param inside The folders that lead here, as they really are: a link to one of them has no end */
  #walk(folder: string, isIgnored: IsIgnored, inside: ReadonlySet<string>): void {
    const real = realpathSync(folder);
    if (inside.has(real)) {
      this.warnings.push(`The link ${folder} leads to a folder that it is in: it is not packed`);
      return;
    }
    this.#addOne(folder, statSync(folder));
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name);
      const stats = statSync(path, { throwIfNoEntry: false });
      if (isIgnored(path, stats?.isDirectory() ?? false)) continue;
      if (stats === undefined) this.warnings.push(`The link ${path} leads nowhere: it is not packed`);
      else if (stats.isDirectory()) this.#walk(path, isIgnored, new Set([...inside, real]));
      else if (!this.#addOne(path, stats))
        this.warnings.push(`${path} is neither a file nor a folder: it is not packed`);
    }
  }

  /** @returns false for a device, a pipe or a socket */
  #addOne(path: string, stats: Stats): boolean {
    if (!stats.isFile() && !stats.isDirectory()) return false;
    const kind = stats.isFile() ? "file" : "folder";
    this.found.set(path, { path, kind, mode: stats.mode & 0o777, bytes: stats.isFile() ? stats.size : 0 });
    return true;
  }
}
