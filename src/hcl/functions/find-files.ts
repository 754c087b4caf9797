import fs from "node:fs";
import path from "node:path";
import { compilePathGlob } from "../../common/glob.ts";

/** What a pattern is made of; a segment without any of it is a plain name. */
const GLOB_CHARACTER = /[*?[{\\]/;

/**
 * The regular files below a folder that match a pattern: `*` and `?` for parts of a name, `**` for folders at any
 * depth, `[a-z]` and `{a,b}`. Folders that are symbolic links are not entered by `**`.
 *
 * @param root Absolute
 * @returns Paths relative to the root
 * @throws when the pattern is broken, or a match cannot be looked at, such as a symbolic link to nothing
 */
export function findFiles(root: string, pattern: string): string[] {
  const segments = path.normalize(pattern).split("/");
  const firstGlob = segments.findIndex((segment) => GLOB_CHARACTER.test(segment));
  const names = firstGlob < 0 ? segments : segments.slice(0, firstGlob);
  const start = path.join(root, ...names);
  if (firstGlob < 0) return isFile(start) ? [path.relative(root, start)] : [];
  const rest = segments.slice(firstGlob);
  const glob = compilePathGlob(rest.join("/"));
  if (!glob) throw new Error(`"${pattern}" is not a pattern of file names`);
  const depth =
    rest.includes("**") || rest.some((segment) => segment.includes("{")) ? Number.POSITIVE_INFINITY : rest.length;
  return [...walk(start, "", depth)]
    .filter((file) => glob.test(file))
    .map((file) => path.join(start, file))
    .filter((file) => fs.statSync(file).isFile())
    .map((file) => path.relative(root, file));
}

function isFile(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Everything below a folder, relative to it. */
function* walk(start: string, below: string, depth: number): Iterable<string> {
  const folder = path.join(start, below);
  if (depth === 0 || !fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const name = path.join(below, entry.name);
    if (!entry.isDirectory()) yield name;
    const isLink = entry.isSymbolicLink() && Number.isFinite(depth);
    if (entry.isDirectory() || isLink) yield* walk(start, name, depth - 1);
  }
}
