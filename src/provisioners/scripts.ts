import { accessSync, constants, statSync } from "node:fs";
import { type ConfigProblem, messageOf } from "../common/errors.ts";
import { isLate } from "./late-values.ts";
import { nameFiles } from "./name-files.ts";
import type { LocalFile } from "./provisioner.ts";

/** Where the commands of a shell provisioner come from: exactly one of these is given. */
export interface ScriptOptions {
  readonly command?: string | undefined;
  readonly inline?: readonly string[] | undefined;
  readonly script?: string | undefined;
  readonly scripts?: readonly string[] | undefined;
}

/** The scripts to run, in order; empty for `inline` and `command`. An empty string counts as not given. */
export function scriptPaths({ script, scripts }: ScriptOptions): readonly string[] {
  return script ? [script] : (scripts ?? []);
}

/** The files that are run. */
export function filesOfScripts({ script, scripts }: ScriptOptions): readonly LocalFile[] {
  return script ? nameFiles("script", script) : nameFiles("scripts", scripts);
}

/** Problems of the source of the commands: none, several, or a script that cannot be read. */
export function checkScripts(options: ScriptOptions, names: readonly (keyof ScriptOptions)[]): ConfigProblem[] {
  const given = names.filter((name) => (options[name]?.length ?? 0) > 0);
  if (given.length === 0) {
    return [{ option: names[0] ?? "inline", message: `one of ${names.join(", ")} is required` }];
  }
  const [first, ...others] = given;
  const clashes = others.map((option) => ({ option, message: `cannot be given together with ${first}` }));
  const option = options.script ? "script" : "scripts";
  return [...clashes, ...scriptPaths(options).flatMap((path) => checkFile(option, path))];
}

/** The problem of a local file that must be there when the build starts, if it has one. */
export function checkFile(option: string, path: string): ConfigProblem[] {
  if (isLate(path)) return [];
  try {
    accessSync(path, constants.R_OK);
    if (statSync(path).isDirectory())
      return [{ option, message: `"${path}" is a folder, not a file`, isOfMachine: true }];
    return [];
  } catch (error) {
    const hint = "a relative path is taken from the working folder; ${path.root} is the template's folder";
    return [{ option, message: `cannot read "${path}": ${messageOf(error)}`, hint, isOfMachine: true }];
  }
}
