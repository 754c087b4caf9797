import { ExitCode } from "../common/errors.ts";
import { maskEnvironment } from "../outscale/mask-environment.ts";
import type { Invocation } from "./command.ts";
import { findCommand } from "./find-command.ts";

const HELP_FLAGS = ["-h", "-help", "--help"];
const MACHINE_FLAGS = ["-machine-readable", "--machine-readable"];
const VERSION_FLAGS = ["-v", "-version", "--version"];

/** What a command line runs in: the world outside, and what other doors of the program lend it. */
export type CliContext = Omit<Invocation, "argv">;

/**
 * Runs one command line.
 * @param argv Without the interpreter and the script
 * @returns the exit code, see docs/exit-codes.md
 */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  const { io } = context;
  try {
    maskEnvironment(io.env);
    return await run(argv, context);
  } catch (error) {
    const { exitCodeOf } = await import("./output/error-text.ts");
    const { tellError } = await import("./output/tell-error.ts");
    tellError(error, io);
    return exitCodeOf(error);
  }
}

async function run(argv: readonly string[], context: CliContext): Promise<number> {
  const [first] = argv;
  if (first === undefined) {
    const { overviewText } = await import("./help-text.ts");
    context.io.stderr.write(overviewText());
    return ExitCode.Usage;
  }
  const { command, argv: rest } = await findCommand(namedCommand(argv, first));
  const { harmlessIo } = await import("./ci/harmless-io.ts");
  return command.run({ ...context, argv: rest, io: command.isReport ? context.io : harmlessIo(context.io) });
}

/**
 * `--version` and `--help`, wherever they stand, are commands in other words; `-machine-readable` may stand before its
 * command, where Packer's documentation has it.
 */
function namedCommand(argv: readonly string[], first: string): readonly string[] {
  const [, command, ...rest] = argv;
  const isFirst = MACHINE_FLAGS.includes(first) && command !== undefined && !MACHINE_FLAGS.includes(command);
  if (isFirst) return namedCommand([command, first, ...rest], command);
  if (VERSION_FLAGS.includes(first)) return ["version"];
  const flagsEnd = argv.indexOf("--");
  const words = flagsEnd < 0 ? argv : argv.slice(0, flagsEnd);
  if (!words.some((word) => HELP_FLAGS.includes(word))) return argv;
  return ["help", ...words.filter((word) => !word.startsWith("-"))];
}
