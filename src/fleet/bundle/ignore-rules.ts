import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ignore from "ignore";
import { messageOf, UsageError } from "../../common/errors.ts";

/** Names what stays behind, as `.gitignore` does. */
const IGNORE_FILE = ".fleetignore";

/** Whether something below a folder is left out of the bundle. */
export type IsIgnored = (path: string, isFolder: boolean) => boolean;

/**
 * The rules of `.fleetignore` files, each for what is below its folder.
 * @param folders Where such a file may lie; absolute
 * @param defaults Patterns that hold below every folder unless a file takes them back
 * @throws {UsageError} when one cannot be read
 */
export function ignoreRules(folders: readonly string[], defaults: readonly string[] = []): IsIgnored {
  const all = [...new Set(folders)].map((folder) => ({
    folder,
    rules: ignore()
      .add([...defaults])
      .add(readRules(join(folder, IGNORE_FILE))),
  }));
  return (path, isFolder) =>
    all.some(({ folder, rules }) => {
      const below = relative(folder, path);
      return (
        below !== "" && !below.startsWith("../") && below !== ".." && rules.ignores(isFolder ? `${below}/` : below)
      );
    });
}

function readRules(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw new UsageError(`Cannot read "${file}": ${messageOf(error)}`);
  }
}
