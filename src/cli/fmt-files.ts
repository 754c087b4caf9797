import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../common/errors.ts";

const SUFFIXES = [".pkr.hcl", ".pkrvars.hcl"];

/**
 * The files that `fmt` works on: those that are named, and the templates and variable files of folders that are.
 * @throws {UsageError} for what is not there, or is neither a template nor a variable file in HCL
 */
export function filesToFormat(paths: readonly string[], { recursive }: { readonly recursive: boolean }): string[] {
  return paths.flatMap((path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) throw new UsageError(`There is no file or folder "${path}"`);
    if (stats.isDirectory()) return filesOfFolder(path, recursive);
    if (isHcl(path)) return [path];
    throw new UsageError(`"${path}" cannot be formatted`, {
      hint: `Only files that end in ${SUFFIXES.join(" or ")} can`,
    });
  });
}

function filesOfFolder(folder: string, recursive: boolean): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    if (isIgnored(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return recursive ? filesOfFolder(path, recursive) : [];
    return isHcl(path) ? [path] : [];
  });
}

function isHcl(path: string): boolean {
  return SUFFIXES.some((suffix) => path.endsWith(suffix));
}

/** Hidden files, and those that vi and emacs leave beside what they edit. */
function isIgnored(name: string): boolean {
  return name.startsWith(".") || name.endsWith("~") || (name.startsWith("#") && name.endsWith("#"));
}
