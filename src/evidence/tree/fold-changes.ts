import type { FileChange, FolderChange } from "../image-diff.ts";

const DEEPEST = 3;
const MOST_FOLDERS = 200;

/** The changes by folder, each folder with all that is below it; those that have grown most first. */
export function foldChanges(changes: readonly FileChange[]): FolderChange[] {
  const folders = new Map<string, { added: number; changed: number; removed: number; bytes: number }>();
  for (const change of changes) {
    const bytes = growthOf(change);
    for (const path of foldersOf(change.path)) {
      const folder = folders.get(path) ?? { added: 0, changed: 0, removed: 0, bytes: 0 };
      folder[change.change]++;
      folder.bytes += bytes;
      folders.set(path, folder);
    }
  }
  const all = [...folders].map(([path, counts]) => ({ path, ...counts }));
  all.sort((a, b) => Math.abs(b.bytes) - Math.abs(a.bytes) || (a.path < b.path ? -1 : 1));
  return all.slice(0, MOST_FOLDERS);
}

export function growthOf({ sizeBefore, sizeAfter }: FileChange): number {
  return (sizeAfter ?? 0) - (sizeBefore ?? 0);
}

/** `/usr`, `/usr/share`, `/usr/share/doc` of `/usr/share/doc/bash/copyright`. */
function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(1, -1).slice(0, DEEPEST);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
}
