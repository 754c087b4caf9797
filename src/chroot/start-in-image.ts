import type { StdioOptions } from "node:child_process";
import type { Readable } from "node:stream";
import { type Clock, systemClock } from "../common/clock.ts";
import { ProvisionError, throwIfCancelled } from "../common/errors.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import { withoutMachine } from "../host/clean-start.ts";
import { describeExit, type ExitStatus } from "../host/command-error.ts";
import { readCapabilities } from "../host/own-state.ts";
import { locateProgram } from "../host/program-path.ts";
import { pump } from "../host/pump.ts";
import type { CommandRunner, RunningProcess, SpawnOptions } from "../host/run-command.ts";
import { shellQuote } from "../host/shell-quote.ts";
import { terminateOnAbort } from "../host/terminate.ts";
import type { RemoteCommand } from "./communicator.ts";
import type { Container } from "./container.ts";
import { chrootEnvironment } from "./environment.ts";
import { StderrTail, throwIfFailed } from "./failed-command.ts";
import { handOver, type ShellCall } from "./hand-over.ts";
import type { RootFolder } from "./root-folder.ts";

const SHELL = "/bin/sh";

/** What commands are started by in a container. */
type ImageContainer = Pick<Container, "rootPath" | "shellWords" | "spawn" | "restrictMounts">;

/** How commands are run in an image. */
export interface CommandOptions {
  /** Where commands run: a build's sandbox, or the host as it is. */
  readonly runner: CommandRunner;
  /** The image's root folder where the runner is. */
  readonly mountPath: string;
  /** Where commands run. Without it they run by chroot(8), with the runner's processes and mounts. */
  readonly container?: ImageContainer | undefined;
  /** The whole environment of commands; {@link chrootEnvironment} when absent. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The user's `command_wrapper`: a shell line in, a shell line out. Transfers run in our process and need none. */
  readonly wrapCommand?: (command: string) => string;
  readonly log?: DebugLog;
  readonly clock?: Clock;
}

/**
 * Runs a command in an image that is mounted on this machine, to its end, as `Communicator.start()` does.
 * @param root The image's root folder in our own view
 */
export async function startInImage(
  root: RootFolder,
  command: RemoteCommand,
  options: CommandOptions,
): Promise<ExitStatus> {
  throwIfCancelled(command.signal);
  const { environment = chrootEnvironment().env, log = noLog, clock = systemClock } = options;
  const env = { ...environment, ...command.env };
  refuseNul([command.command, ...Object.entries(env).flat()]);
  const startedAt = clock.now();
  const stdio: StdioOptions = [command.stdin ? "pipe" : "ignore", "pipe", "pipe"];
  // A line that begins with a dash would be read as options of the shell.
  const line = /^[-+]/.test(command.command) ? ["-c", "--", command.command] : ["-c", command.command];
  const call = handOver(SHELL, { args: line, env });
  const { argv, child } = await spawnInImage(call, options, { stdio, canReopenStreams: true });
  const tail = new StderrTail();
  const pumps = [
    pump(child.stdout as Readable, command.stdout),
    pump(child.stderr as Readable, command.stderr ?? tail),
  ];
  const stopFeeding = feed(child, command.stdin);
  const stopWatching = terminateOnAbort(child, command.signal, clock);
  try {
    const status = options.container ? withoutShell(root, await child.exited) : await child.exited;
    const outcome = describeExit(status);
    log.write({ kind: "command", line: shellQuote(argv), outcome, elapsedMs: clock.now() - startedAt });
    throwIfCancelled(command.signal);
    await Promise.all(pumps.map((each) => each.drained()));
    throwIfFailed(command, status, tail.text);
    return status;
  } finally {
    stopFeeding();
    stopWatching();
    for (const each of pumps) each.stop();
  }
}

/** As chroot(8) has it: capsh(1) says 1 of every failure, and a shell's own 1 is another thing. */
function withoutShell(root: RootFolder, status: ExitStatus): ExitStatus {
  if (status.code !== 1) return status;
  const shell = root.stat(SHELL);
  if (!shell) return { code: 127, signal: null };
  return shell.mode & 0o111n ? status : { code: 126, signal: null };
}

/** @returns with the argv to be logged: what is run inside whatever the runner puts around it */
async function spawnInImage(
  { args, env }: ShellCall,
  { runner, mountPath, wrapCommand, container }: CommandOptions,
  streams: Omit<SpawnOptions, "env">,
): Promise<{ readonly argv: readonly string[]; readonly child: RunningProcess }> {
  const options = { ...streams, env };
  if (container && !wrapCommand) {
    return { argv: ["chroot", mountPath, SHELL, ...args], child: await container.spawn(args, options) };
  }
  // The environment is the image's, and its PATH need not lead to the host's chroot(8).
  const words = container ? [...container.shellWords, ...args] : [locateProgram("chroot"), mountPath, SHELL, ...args];
  const argv = wrapCommand ? ["/bin/sh", "-c", wrapCommand(shellQuote(words))] : words;
  await container?.restrictMounts();
  const rights = container ? [] : withoutMachine(readCapabilities());
  return { argv, child: await runner.spawn([...rights, ...argv], options) };
}

/** The system ends every argument and variable at a NUL byte. */
function refuseNul(texts: readonly string[]): void {
  if (!texts.some((text) => text.includes("\0"))) return;
  throw new ProvisionError("A command or variable for the image has a NUL byte, which cannot be passed to a program");
}

/** @returns stops it; the stream that was handed in stays open */
function feed(child: RunningProcess, stdin: Readable | undefined): () => void {
  if (!stdin || !child.stdin) return () => undefined;
  const pipe = child.stdin;
  // A command that does not read all its input is no failure; its exit code tells.
  pipe.on("error", () => stdin.unpipe(pipe));
  // A stream that fails or is destroyed never ends by itself: the command is told that no more comes.
  const giveUp = () => void pipe.end();
  if (stdin.destroyed) giveUp();
  else stdin.once("error", giveUp).once("close", giveUp).pipe(pipe);
  return () => {
    stdin.off("error", giveUp).off("close", giveUp).unpipe(pipe);
    pipe.destroy();
  };
}
