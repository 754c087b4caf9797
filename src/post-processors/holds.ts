import { realpathSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";

/** Whether a path is a file or folder itself, or lies in it: by where they really are. It need not be there yet. */
export function holds(file: string, path: string): boolean {
  const way = relative(realOf(resolve(file)), realOf(resolve(path)));
  return way !== ".." && !way.startsWith(`..${sep}`);
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realOf(parent), basename(path));
  }
}
