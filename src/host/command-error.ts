import { ChrootError, type ErrorOptions, ExitCode } from "../common/errors.ts";
import { installHint } from "./system-programs.ts";

/** How a process ended: exactly one of the two is set. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A local command failed. The message has the quoted line, the exit code or signal, and what it said on stderr. */
export class CommandError extends ChrootError {
  override readonly code: string = "E_COMMAND";
  override readonly exitCode = ExitCode.Command;
  readonly argv: readonly string[];
  readonly status: ExitStatus;
  readonly stderr: string;

  constructor(
    message: string,
    options: ErrorOptions & { readonly argv: readonly string[]; readonly status: ExitStatus; readonly stderr: string },
  ) {
    super(message, options);
    this.argv = options.argv;
    this.status = options.status;
    this.stderr = options.stderr;
  }
}

/** The program that a command line begins with is not installed. */
export class MissingProgramError extends CommandError {
  override readonly code = "E_MISSING_PROGRAM";

  constructor(argv: readonly string[], cause?: unknown) {
    const [program = ""] = argv;
    super(`The program "${program}" is not installed`, {
      argv,
      status: { code: null, signal: null },
      stderr: "",
      cause,
      hint: installHint([program]),
    });
  }
}

/** How a process ended, in words: `exit code 32`, `signal SIGKILL`. */
export function describeExit(status: ExitStatus): string {
  return status.signal === null ? `exit code ${status.code}` : `signal ${status.signal}`;
}
