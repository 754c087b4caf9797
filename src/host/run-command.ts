import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { isErrno } from "../common/errno.ts";
import { ChrootError, type ErrorOptions, ExitCode, throwIfCancelled } from "../common/errors.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import { readProcessTree, withDescendants } from "./process-tree.ts";
import { shellQuote } from "./shell-quote.ts";

/** How a process ended: exactly one of the two is set. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunOptions {
  /** Written to standard input, which is closed afterwards. Without it standard input is empty. */
  readonly input?: string | Uint8Array;
  /** The whole environment of the child. Without it: {@link hostEnvironment}. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Kills the child (SIGTERM, then SIGKILL after 5 s) and rejects with `CancelledError`. */
  /** An open descriptor that is its standard input, in place of `input`. */
  readonly stdin?: number;
  readonly signal?: AbortSignal | undefined;
  /** Kills the child likewise and rejects with {@link CommandError}. */
  readonly timeoutMs?: number;
  /** Exit codes that are not a failure; 0 alone when absent. */
  readonly okExitCodes?: readonly number[];
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
}

export interface RunResult {
  /** At most the last 16 MiB. */
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdio?: StdioOptions;
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

/** The program is not installed. */
export class MissingProgramError extends CommandError {
  override readonly code = "E_MISSING_PROGRAM";
}

const KILL_AFTER_MS = 5_000;
const KEPT_OUTPUT_BYTES = 16 * 1024 * 1024;
const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What our own commands need of the environment, and no more: no credentials reach a child by accident. */
export function hostEnvironment(): Record<string, string> {
  const kept: Record<string, string> = { PATH: SYSTEM_PATH, LC_ALL: "C.UTF-8", HOME: "/root" };
  if (process.env.PATH) kept.PATH = `${process.env.PATH}:${SYSTEM_PATH}`;
  if (process.env.TMPDIR) kept.TMPDIR = process.env.TMPDIR;
  return kept;
}

/** How a process ended, in words: `exit code 32`, `signal SIGKILL`. */
export function describeExit(status: ExitStatus): string {
  return status.signal === null ? `exit code ${status.code}` : `signal ${status.signal}`;
}

/** The host as it is: programs run in our own namespaces. */
export function hostRunner(log: DebugLog = noLog): CommandRunner {
  return runnerOf((argv, options) => start(argv, options ?? {}), log);
}

/** A runner of whatever starts processes: its `run` has the time limits, results and errors of every other. */
export function runnerOf(spawn: CommandRunner["spawn"], log: DebugLog = noLog): CommandRunner {
  return { run: (argv, options) => runToEnd(spawn, argv, options ?? {}, log), spawn };
}

async function start(argv: readonly string[], options: SpawnOptions): Promise<RunningProcess> {
  const [program, ...rest] = argv as [string, ...string[]];
  const child = spawn(program, rest, {
    env: options.env ?? hostEnvironment(),
    cwd: options.cwd,
    stdio: options.stdio ?? ["pipe", "pipe", "pipe"],
  });
  const exited = new Promise<ExitStatus>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  await spawned(child, argv);
  return {
    pid: child.pid as number,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    kill: killerOf(child.pid as number),
  };
}

/** Signals a process and all that it has started, also what has lost its parent since the signal before. */
function killerOf(pid: number): (signal: NodeJS.Signals) => void {
  const known = new Map<number, number>();
  return (signal) => {
    const tree = readProcessTree();
    const alive = [...known].filter(([old, startedAt]) => tree.get(old)?.startedAt === startedAt).map(([old]) => old);
    for (const each of withDescendants(tree, [pid, ...alive])) {
      known.set(each, tree.get(each)?.startedAt ?? 0);
      try {
        process.kill(each, signal);
      } catch {
        // It has ended since we looked.
      }
    }
  };
}

function spawned(child: ChildProcess, argv: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) => {
      const options = { cause, argv, status: { code: null, signal: null }, stderr: "" };
      if (!isErrno(cause, "ENOENT")) return reject(new CommandError(`Cannot run ${shellQuote(argv)}`, options));
      const hint = `Install the package that has "${argv[0]}", or put its folder on PATH`;
      reject(new MissingProgramError(`The program "${argv[0]}" is not installed`, { ...options, hint }));
    });
  });
}

async function runToEnd(
  spawn: CommandRunner["spawn"],
  argv: readonly string[],
  options: RunOptions,
  log: DebugLog,
): Promise<RunResult> {
  throwIfCancelled(options.signal);
  const startedAt = Date.now();
  const child = await spawn(argv, {
    ...(options.env ? { env: options.env } : {}),
    ...(options.cwd ? { cwd: options.cwd } : {}),
    stdio: [options.stdin ?? (options.input === undefined ? "ignore" : "pipe"), "pipe", "pipe"],
  });
  const stdout = collect(child.stdout as Readable, options.onStdout);
  const stderr = collect(child.stderr as Readable, options.onStderr);
  // A child that closes its input early is no failure of ours; its exit code tells.
  child.stdin?.on("error", () => undefined).end(options.input);
  const watch = killWhen(child, options);
  const status = await child.exited;
  watch.stop();
  await Promise.all([stdout.settled(), stderr.settled()]);
  log.write({
    kind: "command",
    line: shellQuote(argv),
    outcome: describeExit(status),
    elapsedMs: Date.now() - startedAt,
  });
  throwIfCancelled(options.signal);
  if (status.code !== null && (options.okExitCodes ?? [0]).includes(status.code)) {
    return { stdout: stdout.text(), stderr: stderr.text(), exitCode: status.code };
  }
  const said = (stderr.text().trim() || stdout.text().trim()).slice(-4000);
  const how = watch.timedOut() ? `no end after ${(options.timeoutMs ?? 0) / 1000} s` : describeExit(status);
  throw new CommandError(`Command failed (${how}): ${shellQuote(argv)}${said ? `\n${said}` : ""}`, {
    argv,
    status,
    stderr: stderr.text(),
  });
}

function killWhen(child: RunningProcess, { signal, timeoutMs }: RunOptions) {
  let late = false;
  let second: NodeJS.Timeout | undefined;
  const kill = () => {
    child.kill("SIGTERM");
    second = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
  };
  const first = timeoutMs
    ? setTimeout(() => {
        late = true;
        kill();
      }, timeoutMs)
    : undefined;
  signal?.addEventListener("abort", kill, { once: true });
  if (signal?.aborted) kill();
  return {
    timedOut: () => late,
    stop: () => {
      clearTimeout(first);
      clearTimeout(second);
      signal?.removeEventListener("abort", kill);
    },
  };
}

function collect(stream: Readable, tee: ((chunk: Buffer) => void) | undefined) {
  let chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    tee?.(chunk);
    chunks.push(chunk);
    size += chunk.length;
    if (size > 2 * KEPT_OUTPUT_BYTES) {
      chunks = [Buffer.concat(chunks).subarray(-KEPT_OUTPUT_BYTES)];
      size = KEPT_OUTPUT_BYTES;
    }
  });
  const ended = new Promise<void>((resolve) => stream.once("close", resolve).once("error", () => resolve()));
  return {
    text: () => Buffer.concat(chunks).toString("utf8"),
    // The process has ended. A daemon it left may hold the pipe for ever: give what is in the pipe a moment, then let go.
    settled: () => {
      let grace: NodeJS.Timeout | undefined;
      const giveUp = new Promise<void>((resolve) => {
        grace = setTimeout(() => {
          stream.destroy();
          resolve();
        }, 250);
      });
      return Promise.race([ended, giveUp]).finally(() => clearTimeout(grace));
    },
  };
}
