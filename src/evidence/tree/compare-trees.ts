import { closeSync, readSync } from "node:fs";
import { toText } from "../../chroot/openat.ts";
import type { RootFolder } from "../../chroot/root-folder.ts";
import type { FileChange } from "../image-diff.ts";
import { openImageFile } from "../open-image-file.ts";
import type { Tree, TreeEntry } from "./tree-entry.ts";

/** Whether two files of one size have the same content; undefined when nobody can tell any more. */
export type SameContent = (path: string) => boolean | undefined;

/** Every difference of two trees, in no order. */
export function compareTrees(before: Tree, after: Tree, sameContent: SameContent): FileChange[] {
  const changes: FileChange[] = [];
  for (const [path, entry] of after) {
    const old = before.get(path);
    if (old === undefined) changes.push(changeOf(path, "added", undefined, entry));
    else if (old !== entry) {
      const what = compareEntries(path, old, entry, sameContent);
      if (what.length > 0) changes.push({ ...changeOf(path, "changed", old, entry), what });
    }
  }
  for (const [path, entry] of before) if (!after.has(path)) changes.push(changeOf(path, "removed", entry, undefined));
  return changes;
}

function changeOf(
  path: string,
  change: FileChange["change"],
  old: TreeEntry | undefined,
  entry: TreeEntry | undefined,
): FileChange {
  const type = (entry ?? old)?.type ?? "other";
  return { path: toText(path), change, type, sizeBefore: old?.size ?? null, sizeAfter: entry?.size ?? null, what: [] };
}

/**
 * What differs of an entry that is in both. Only the kernel sets the time of a file's last change of any kind (ctime): where
 * it and the inode are the same, so is everything, and nothing is read.
 */
function compareEntries(path: string, old: TreeEntry, entry: TreeEntry, sameContent: SameContent): string[] {
  if (old.ctimeMs === entry.ctimeMs && old.ino === entry.ino) return [];
  const what: string[] = [];
  if (old.type !== entry.type) return [`${old.type} -> ${entry.type}`];
  if (old.target !== entry.target) what.push(`target ${toText(old.target ?? "")} -> ${toText(entry.target ?? "")}`);
  if (entry.type === "file" && (old.size !== entry.size || sameContent(path) === false)) what.push("content");
  if (entry.type !== "link" && old.mode !== entry.mode) what.push(`mode ${octal(old.mode)} -> ${octal(entry.mode)}`);
  if (old.uid !== entry.uid || old.gid !== entry.gid) {
    what.push(`owner ${old.uid}:${old.gid} -> ${entry.uid}:${entry.gid}`);
  }
  return what;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

const CHUNK_BYTES = 256 * 1024;

/** Compares the files of two images that are both there, byte by byte up to the first difference. */
export function sameBytesIn(a: RootFolder, b: RootFolder): SameContent {
  const chunks = [Buffer.alloc(CHUNK_BYTES), Buffer.alloc(CHUNK_BYTES)] as const;
  return (path) => {
    const fds: number[] = [];
    try {
      for (const folder of [a, b]) fds.push(openImageFile(folder, path));
      return sameContent(fds, chunks);
    } catch {
      return undefined;
    } finally {
      for (const fd of fds) closeSync(fd);
    }
  };
}

function sameContent([a, b]: readonly number[], [one, two]: readonly [Buffer, Buffer]): boolean {
  for (let at = 0; ; ) {
    const count = readSync(a as number, one, 0, CHUNK_BYTES, at);
    const other = readSync(b as number, two, 0, CHUNK_BYTES, at);
    if (count !== other || one.compare(two, 0, count, 0, count) !== 0) return false;
    if (count === 0) return true;
    at += count;
  }
}

/**
 * The same where the older of the two is gone: a file that was written since it was read has another time, and one whose
 * time somebody has set back cannot be told from one that was only touched.
 */
export function sameTimeIn(before: Tree, after: Tree): SameContent {
  return (path) => before.get(path)?.mtimeMs === after.get(path)?.mtimeMs;
}
