import type { Io } from "../terminal/io.ts";
import type { Flags } from "./flags.ts";

/** What a command runs with: its arguments, and the world outside. */
export interface Invocation {
  /** Without the command's own name. */
  readonly argv: readonly string[];
  readonly io: Io;
  /** Runs the Packer plugin, a door of its own, with arguments such as `describe`. @returns the exit code */
  readonly runPlugin: (argv: readonly string[]) => Promise<number>;
}

/** A command of the command line. */
export interface Command {
  /** How it is called, without the program's name: `build [flags] TEMPLATE`. */
  readonly usage: string;
  /** What it does; the help shows it below the usage. */
  readonly about: string;
  readonly flags: Flags;
  /** It tells of builds by a report, which knows the logs of CI systems itself. */
  readonly isReport?: true;
  /** Lines that run as they are, for the help. */
  readonly examples: readonly string[];
  /** Commands of their own below this one: `local-cloud start`. */
  readonly actions?: Readonly<Record<string, Command>>;
  /**
   * @returns the exit code, see docs/exit-codes.md
   * @throws {ChrootError} the exit code is then the error's
   */
  run(invocation: Invocation): Promise<number>;
}
