import { existsSync } from "node:fs";
import { isErrno } from "../common/errno.ts";
import { CommandError, MissingProgramError } from "./command-error.ts";
import { findProgram } from "./program-path.ts";
import { shellQuote } from "./shell-quote.ts";

export interface StartPlace {
  readonly cwd?: string | undefined;
  /** The `PATH` that the program is looked up in; that of our own commands when absent. */
  readonly path?: string | undefined;
}

/**
 * Why a program could not be started. The system's word for it misleads: ENOENT is also a missing working folder or
 * interpreter, and a missing program is EACCES when a folder of the `PATH` cannot be searched.
 * @see execve(2), execvp(3)
 */
export function startFailure(argv: readonly string[], cause: unknown, { cwd, path }: StartPlace = {}): CommandError {
  const [program = ""] = argv;
  const failure = (why: string) => {
    const status = { code: null, signal: null };
    return new CommandError(`Cannot run ${shellQuote(argv)}${why}`, { cause, argv, status, stderr: "" });
  };
  if (!isErrno(cause, "ENOENT", "EACCES", "ENOTDIR")) return failure("");
  if (cwd !== undefined && !existsSync(cwd)) return failure(`: there is no folder "${cwd}" to run it in`);
  const found = program.includes("/") ? existsSync(program) : findProgram(program, path) !== undefined;
  if (!found) return new MissingProgramError(argv, cause);
  return failure(isErrno(cause, "ENOENT") ? ": it is there, but the interpreter that it names is not" : "");
}
