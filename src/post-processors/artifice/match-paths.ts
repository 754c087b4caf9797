import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { compilePathGlob, type Glob } from "../../common/glob.ts";

/** What a pattern is made of; a name without any of it is taken as it is. */
const GLOB_CHARACTER = /[*?[{\\]/;

/** Whether a pattern can be read: `[` may be missing its end. */
export function isPathPattern(pattern: string): boolean {
  return compilePathGlob(pattern) !== undefined;
}

/**
 * The files and folders that a pattern matches, sorted: `*` and `?` for parts of a name, `[a-z]`, `{a,b}`. A folder that
 * cannot be read has nothing in it.
 */
export function matchPaths(pattern: string): string[] {
  if (!GLOB_CHARACTER.test(pattern)) return existsSync(pattern) ? [pattern] : [];
  const names = pattern.split("/");
  let found = [names[0] === "" ? "/" : ""];
  for (const name of names.filter((each) => each !== "")) found = found.flatMap((folder) => step(folder, name));
  return found;
}

function step(folder: string, name: string): string[] {
  if (!GLOB_CHARACTER.test(name)) {
    const path = join(folder, name);
    return existsSync(path) ? [path] : [];
  }
  return namesIn(folder, compilePathGlob(name)).map((entry) => join(folder, entry));
}

function namesIn(folder: string, glob: Glob | undefined): string[] {
  try {
    if (!statSync(folder || ".").isDirectory()) return [];
    const names = readdirSync(folder || ".").filter((name) => glob?.test(name));
    return names.sort();
  } catch {
    return [];
  }
}
