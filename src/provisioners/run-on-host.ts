import type { Ui } from "../builder/ui.ts";
import { OutputLines } from "../common/output-lines.ts";
import { CommandError, type ExitStatus } from "../host/command-error.ts";
import type { CommandRunner } from "../host/run-command.ts";

/**
 * Runs a program on the host in our working folder and shows what it says, line by line.
 *
 * @param env The whole environment of the program
 * @returns How it ended; which codes are a failure is for the caller to say
 * @throws {MissingProgramError} and {CancelledError}
 */
export async function runOnHost(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  { ui, local, signal }: { readonly ui: Ui; readonly local: CommandRunner; readonly signal: AbortSignal },
): Promise<ExitStatus> {
  const stdout = new OutputLines((line) => ui.message(line));
  // What stands on standard error is no error yet: how the command ends says that.
  const stderr = new OutputLines((line) => ui.message(line));
  const streams = {
    canReopenStreams: true,
    onStdout: (chunk: Buffer) => stdout.write(chunk),
    onStderr: (chunk: Buffer) => stderr.write(chunk),
  };
  try {
    await local.run(argv, { env, cwd: process.cwd(), signal, ...streams });
    return { code: 0, signal: null };
  } catch (error) {
    // A program that could not be started has no status at all.
    if (error instanceof CommandError && (error.status.code ?? error.status.signal) !== null) return error.status;
    throw error;
  } finally {
    stdout.flush();
    stderr.flush();
  }
}
