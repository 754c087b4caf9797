import { throwIfCancelled } from "../common/errors.ts";
import { OutputLines } from "../common/output-lines.ts";
import type { CommandRunner } from "./run-command.ts";
import { shellQuote } from "./shell-quote.ts";

/** What the option `command_wrapper` makes of a command line: `sudo {{.Command}}` puts `sudo` before it. */
export type CommandWrapper = (command: string) => string;

/** The argv that has `/bin/sh` run a command line. */
export function shellCommand(command: string): readonly string[] {
  return ["/bin/sh", "-c", command];
}

/**
 * A runner whose programs run under the wrapper: their argv is quoted into one line, which the wrapper may do anything
 * a shell line can with. What `inner` puts around it, such as `nsenter`, stays outside.
 */
export function wrapRunner(inner: CommandRunner, wrap: CommandWrapper): CommandRunner {
  const wrapped = (argv: readonly string[]) => shellCommand(wrap(shellQuote(argv)));
  return {
    // A wrapper may take as long as it likes, and leave whatever it likes.
    run: (argv, { brief: _, ...options } = {}) => inner.run(wrapped(argv), options),
    spawn: (argv, options) => inner.spawn(wrapped(argv), options),
  };
}

export interface RunLocalCommandsOptions {
  /** Unwrapped: the wrapper goes around each line here. */
  readonly runner: CommandRunner;
  readonly wrapCommand: CommandWrapper;
  /** Fills in `{{.Device}}` and the like. */
  render(command: string): string;
  readonly ui: LocalCommandUi;
  readonly signal?: AbortSignal | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs after each command, before the next: a command may have changed the partitions. */
  readonly afterEach?: () => Promise<void>;
}

/** Where headlines and output go. */
export interface LocalCommandUi {
  say(message: string): void;
  message(message: string): void;
}

/**
 * Runs the lines of `pre_mount_commands` and `post_mount_commands` one after the other, each in a shell of its own,
 * and stops at the first that fails. Their output is shown line by line as it comes.
 * @throws {CommandError} for a line that exits with another code than 0 or dies of a signal
 */
export async function runLocalCommands(commands: readonly string[], options: RunLocalCommandsOptions): Promise<void> {
  const { runner, wrapCommand, render, ui, signal, env, afterEach } = options;
  for (const command of commands) {
    throwIfCancelled(signal);
    const line = wrapCommand(render(command));
    ui.say(`Executing command: ${line}`);
    const stdout = new OutputLines((text) => ui.message(text));
    const stderr = new OutputLines((text) => ui.message(text));
    try {
      await runner.run(shellCommand(line), {
        signal,
        ...(env ? { env } : {}),
        canReopenStreams: true,
        onStdout: (chunk) => stdout.write(chunk),
        onStderr: (chunk) => stderr.write(chunk),
      });
    } finally {
      stdout.flush();
      stderr.flush();
    }
    await afterEach?.();
  }
}
