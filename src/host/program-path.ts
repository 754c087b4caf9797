import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { MissingProgramError } from "./command-error.ts";
import { hostEnvironment } from "./host-environment.ts";

/**
 * The full path of a program, as the system would look it up; `undefined` when there is none.
 * @param path Folders with `:` between; those that our own commands are looked up in when absent
 */
export function findProgram(name: string, path = hostEnvironment().PATH): string | undefined {
  if (name.includes("/")) return isExecutable(name) ? name : undefined;
  return (path ?? "")
    .split(delimiter)
    .map((folder) => join(folder || ".", name))
    .find(isExecutable);
}

/**
 * The full path of a program of the host. What runs under an environment of the user's, with any `PATH` or none, is
 * started by its full path. One that is a path already is for the system to judge.
 * @throws {MissingProgramError}
 */
export function locateProgram(name: string, path?: string): string {
  if (name.includes("/")) return name;
  const found = findProgram(name, path);
  if (found !== undefined) return found;
  throw new MissingProgramError([name]);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    // The right to enter a folder has the same name.
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
