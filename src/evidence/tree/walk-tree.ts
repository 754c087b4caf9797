import { closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync, type Stats } from "node:fs";
import { entryPath, fdPath, openFolder, toBytes } from "../../chroot/openat.ts";
import type { EntryType, Tree, TreeEntry } from "./tree-entry.ts";

/** A tree that is larger is no system's; the walk ends there and says so. */
const MOST_ENTRIES = 5_000_000;
/** Each level holds a descriptor. */
const DEEPEST = 400;

export interface WalkTreeInput {
  /** Where the image's root is in our own view of the file system. */
  readonly root: string;
  /** Paths in the image on which something is mounted that is not the image's: `/proc`. They are not entered. */
  readonly skip: ReadonlySet<string>;
}

export interface WalkedTree {
  readonly tree: Tree;
  /** What was not looked at, and why. */
  readonly notes: readonly string[];
}

interface Level {
  readonly fd: number;
  readonly path: string;
  readonly names: string[];
}

/**
 * Walks an image once. Folders are entered by descriptor and without following links, so that nothing a process in the
 * image does meanwhile leads out of it; what comes or goes meanwhile may be missed.
 */
export function walkTree({ root, skip: paths }: WalkTreeInput): WalkedTree {
  const skip = new Set([...paths].map(toBytes));
  const tree = new Map<string, TreeEntry>();
  const notes: string[] = [];
  const levels: Level[] = [];
  try {
    levels.push(openLevel(root, ""));
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const name = level.names.pop();
      if (name === undefined) {
        levels.pop();
        closeSync(level.fd);
        continue;
      }
      if (tree.size >= MOST_ENTRIES) {
        notes.push(`The image has more than ${MOST_ENTRIES} entries: the rest was not looked at`);
        break;
      }
      const path = `${level.path}/${name}`;
      const entry = readEntry(level.fd, name);
      if (entry === undefined) continue;
      tree.set(path, entry);
      if (entry.type !== "folder" || skip.has(path)) continue;
      if (levels.length >= DEEPEST) notes.push(`${path} is more than ${DEEPEST} levels deep: not entered`);
      else enter(levels, level.fd, name, path);
    }
  } finally {
    for (const { fd } of levels) closeSync(fd);
  }
  return { tree, notes };
}

function openLevel(root: string, path: string): Level {
  const fd = openFolder(root);
  return { fd, path, names: namesIn(fd) };
}

function enter(levels: Level[], parent: number, name: string, path: string): void {
  let fd: number;
  try {
    fd = openSync(entryPath(parent, name), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch {
    return; // it has gone, or is something else by now
  }
  levels.push({ fd, path, names: namesIn(fd) });
}

function namesIn(fd: number): string[] {
  return readdirSync(fdPath(fd), { encoding: "latin1" });
}

function readEntry(folder: number, name: string): TreeEntry | undefined {
  const path = entryPath(folder, name);
  let stats: Stats | undefined;
  try {
    stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    const type = typeOf(stats);
    const { uid, gid, mtimeMs, ctimeMs, ino } = stats;
    const size = type === "file" ? stats.size : 0;
    const entry: TreeEntry = { type, mode: stats.mode & 0o7777, uid, gid, size, mtimeMs, ctimeMs, ino };
    return type === "link" ? { ...entry, target: readlinkSync(path, { encoding: "latin1" }) } : entry;
  } catch {
    return undefined;
  }
}

function typeOf(stats: Stats): EntryType {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "folder";
  return stats.isSymbolicLink() ? "link" : "other";
}
