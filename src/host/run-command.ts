import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { type Readable, Writable } from "node:stream";
import { type Clock, systemClock } from "../common/clock.ts";
import { throwIfCancelled } from "../common/errors.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import { CommandError, describeExit, type ExitStatus } from "./command-error.ts";
import { hostEnvironment } from "./host-environment.ts";
import { type OpenPipe, openPipes } from "./open-pipes.ts";
import { readProcessNode, readProcessTree, withDescendants } from "./process-tree.ts";
import { pump } from "./pump.ts";
import { shellQuote } from "./shell-quote.ts";
import { signalProcess } from "./signal-process.ts";
import { type StartPlace, startFailure } from "./start-failure.ts";
import { terminateOnAbort } from "./terminate.ts";

export interface SpawnOptions {
  /** The whole environment of the child. Without it: {@link hostEnvironment}. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdio?: StdioOptions;
  /**
   * For commands of users: what they write to is pipes that they can open again, as `/dev/stderr` or `/proc/self/fd/1`.
   * Making them costs a process.
   */
  readonly canReopenStreams?: boolean;
}

export interface RunOptions extends Pick<SpawnOptions, "env" | "cwd" | "canReopenStreams"> {
  /** Written to standard input, which is closed afterwards. Without it standard input is empty. */
  readonly input?: string | Uint8Array;
  /** An open descriptor that is its standard input, in place of `input`. */
  readonly stdin?: number;
  /** Kills the child (SIGTERM, then SIGKILL after 5 s) and rejects with `CancelledError`. */
  readonly signal?: AbortSignal | undefined;
  /** Kills the child likewise and rejects with {@link CommandError}. */
  readonly timeoutMs?: number;
  /** Exit codes that are not a failure; 0 alone when absent. */
  readonly okExitCodes?: readonly number[];
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  /**
   * It is a moment's work of a program of ours, such as mount(8), and takes nothing of the above but `stdin` and `okExitCodes`:
   * a sandbox may have it done by a shell that stands ready, which costs a fifth of starting it from outside.
   * @see {@link BriefRun}
   */
  readonly brief?: BriefRun;
}

export interface BriefRun {
  /** The path, in the sandbox, of the folder that `stdin` is a descriptor of: the shell opens it by that, and we prove that it is the same. */
  readonly stdinPath?: string;
}

export interface RunResult {
  /** At most the last 16 MiB. */
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A process that runs. `exited` resolves when the process ends, also while a child of it still holds its pipes. */
export interface RunningProcess {
  readonly pid: number;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly exited: Promise<ExitStatus>;
  /** Reaches everything it has started, too. */
  kill(signal: NodeJS.Signals): void;
}

/** Runs programs somewhere: on the host as it is, or inside a build's sandbox. Never through a shell. */
export interface CommandRunner {
  /**
   * Runs a program to its end.
   * @throws {CommandError} when it exits with a code that is not in `okExitCodes`, dies of a signal or times out
   * @throws {MissingProgramError} when there is no such program
   */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Starts a program and gives its streams; what it does and how it ends is the caller's business. */
  spawn(argv: readonly string[], options?: SpawnOptions): Promise<RunningProcess>;
}

const KEPT_OUTPUT_BYTES = 16 * 1024 * 1024;

/** The host as it is: programs run in our own namespaces. */
export function hostRunner(log: DebugLog = noLog, clock: Clock = systemClock): CommandRunner {
  return runnerOf((argv, options) => start(argv, options ?? {}), { log, clock });
}

/** A runner of whatever starts processes: its `run` has the time limits, results and errors of every other. */
export function runnerOf(
  spawn: CommandRunner["spawn"],
  { log = noLog, clock = systemClock }: { readonly log?: DebugLog; readonly clock?: Clock } = {},
): CommandRunner {
  return { run: (argv, options) => runToEnd(spawn, argv, options ?? {}, { log, clock }), spawn };
}

async function start(argv: readonly string[], options: SpawnOptions): Promise<RunningProcess> {
  const stdio = options.stdio ?? ["pipe", "pipe", "pipe"];
  if (!options.canReopenStreams || !Array.isArray(stdio)) return startChild(argv, options, stdio);
  const isPiped = stdio.map((stream, fd) => stream === "pipe" && fd !== 0);
  const pipes = await openPipes(isPiped.filter((piped) => piped).length);
  const unused = [...pipes];
  const streams = isPiped.map((piped) => (piped ? (unused.shift() as OpenPipe) : undefined));
  try {
    const child = await startChild(
      argv,
      options,
      stdio.map((stream, fd) => streams[fd]?.childFd ?? stream),
    );
    const [, stdout, stderr] = streams.map((pipe) => pipe?.ours ?? null);
    return { ...child, stdout: stdout ?? null, stderr: stderr ?? null };
  } catch (error) {
    for (const { ours } of pipes) ours.destroy();
    throw error;
  } finally {
    // Ours alone: the child has its own, and the end of its output is when that is closed.
    for (const { childFd } of pipes) closeSync(childFd);
  }
}

async function startChild(
  argv: readonly string[],
  { env, cwd }: SpawnOptions,
  stdio: StdioOptions,
): Promise<RunningProcess> {
  const [program, ...rest] = argv as [string, ...string[]];
  const child = spawn(program, rest, { env: env ?? hostEnvironment(), cwd, stdio });
  const exited = new Promise<ExitStatus>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  await spawned(child, argv, { cwd, path: env?.PATH });
  const { pid, stdin, stdout, stderr } = child;
  return { pid: pid as number, stdin, stdout, stderr, exited, kill: killerOf(pid as number) };
}

/** Signals a process and all that it has started, also what has lost its parent since the signal before. */
function killerOf(pid: number): (signal: NodeJS.Signals) => void {
  const known = new Map<number, number>();
  const child = readProcessNode(pid);
  if (child) known.set(pid, child.startedAt);
  return (signal) => {
    const tree = readProcessTree();
    // A pid may be another process's by now.
    const alive = [...known].filter(([old, startedAt]) => tree.get(old)?.startedAt === startedAt).map(([old]) => old);
    for (const each of withDescendants(tree, alive)) {
      const node = tree.get(each);
      if (!node) continue;
      known.set(each, node.startedAt);
      signalProcess(node, signal);
    }
  };
}

function spawned(child: ChildProcess, argv: readonly string[], place: StartPlace): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) => reject(startFailure(argv, cause, place)));
  });
}

async function runToEnd(
  spawn: CommandRunner["spawn"],
  argv: readonly string[],
  options: RunOptions,
  { log, clock }: { readonly log: DebugLog; readonly clock: Clock },
): Promise<RunResult> {
  throwIfCancelled(options.signal);
  const { env, cwd, canReopenStreams, timeoutMs } = options;
  const startedAt = clock.now();
  const child = await spawn(argv, {
    ...(env && { env }),
    ...(cwd && { cwd }),
    ...(canReopenStreams && { canReopenStreams }),
    stdio: [options.stdin ?? (options.input === undefined ? "ignore" : "pipe"), "pipe", "pipe"],
  });
  const stdout = collect(child.stdout as Readable, options.onStdout);
  const stderr = collect(child.stderr as Readable, options.onStderr);
  // A child that closes its input early is no failure of ours; its exit code tells.
  child.stdin?.on("error", () => undefined).end(options.input);
  const late = timeLimit(timeoutMs, clock);
  const forget = [options.signal, late.signal].map((signal) => terminateOnAbort(child, signal, clock));
  const status = await child.exited;
  late.stop();
  for (const each of forget) each();
  await Promise.all([stdout.settled(), stderr.settled()]);
  child.stdin?.destroy();
  log.write(logEntry(argv, status, clock.now() - startedAt));
  throwIfCancelled(options.signal);
  const how = late.signal.aborted ? `no end after ${(timeoutMs ?? 0) / 1000} s` : undefined;
  return resultOf(argv, { status, stdout: stdout.text(), stderr: stderr.text() }, options.okExitCodes, how);
}

/** The line of the debug log for a program that has ended. */
export function logEntry(argv: readonly string[], status: ExitStatus, elapsedMs: number) {
  return { kind: "command", line: shellQuote(argv), outcome: describeExit(status), elapsedMs } as const;
}

/** What a program left that has ended. */
export interface EndedRun {
  readonly status: ExitStatus;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * @param how How it ended, when its status does not say that
 * @throws {CommandError} when that is a failure
 */
export function resultOf(
  argv: readonly string[],
  { status, stdout, stderr }: EndedRun,
  okExitCodes: readonly number[] = [0],
  how = describeExit(status),
): RunResult {
  if (status.code !== null && okExitCodes.includes(status.code)) return { stdout, stderr, exitCode: status.code };
  const said = (stderr.trim() || stdout.trim()).slice(-4000);
  const message = `Command failed (${how}): ${shellQuote(argv)}${said ? `\n${said}` : ""}`;
  throw new CommandError(message, { argv, status, stderr });
}

/** A signal that fires when the time is over. */
function timeLimit(timeoutMs: number | undefined, clock: Clock) {
  const [late, done] = [new AbortController(), new AbortController()];
  if (timeoutMs) {
    clock.sleep(timeoutMs, done.signal).then(
      () => late.abort(),
      () => undefined,
    );
  }
  return { signal: late.signal, stop: () => done.abort() };
}

/** Keeps what a stream gives. A daemon that the process left may hold the pipe for ever: its end is not waited for. */
function collect(stream: Readable, tee: ((chunk: Buffer) => void) | undefined) {
  let chunks: Buffer[] = [];
  let size = 0;
  const keep = new Writable({
    write(chunk: Buffer, _encoding, done) {
      tee?.(chunk);
      chunks.push(chunk);
      size += chunk.length;
      if (size > 2 * KEPT_OUTPUT_BYTES) {
        chunks = [Buffer.concat(chunks).subarray(-KEPT_OUTPUT_BYTES)];
        size = KEPT_OUTPUT_BYTES;
      }
      done();
    },
  });
  const flow = pump(stream, keep);
  return {
    text: () => Buffer.concat(chunks).toString("utf8"),
    settled: async () => {
      await flow.drained();
      flow.stop();
      stream.destroy();
    },
  };
}
