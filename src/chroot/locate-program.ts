import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { hostEnvironment, MissingProgramError } from "../host/run-command.ts";

/**
 * The full path of a program of the host. What runs under an environment of the user's, with any `PATH` or none, is
 * started by its full path.
 * @throws {MissingProgramError}
 */
export function locateProgram(name: string, path: string | undefined = hostEnvironment().PATH): string {
  if (name.includes("/")) return name;
  const found = (path ?? "")
    .split(delimiter)
    .map((folder) => join(folder || ".", name))
    .find(isExecutable);
  if (found) return found;
  throw new MissingProgramError(`The program "${name}" is not installed`, {
    argv: [name],
    status: { code: null, signal: null },
    stderr: "",
    hint: `Install the package that has "${name}", or put its folder on PATH`,
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
