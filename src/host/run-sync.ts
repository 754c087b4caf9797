import { spawnSync } from "node:child_process";
import { isErrno } from "../common/errno.ts";
import { CommandError, describeExit } from "./command-error.ts";
import { hostEnvironment } from "./host-environment.ts";
import { startFailure } from "./start-failure.ts";

export interface RunSyncOptions {
  /** Written to standard input; one character for each byte. */
  readonly input?: string;
}

export interface RunSyncResult {
  /** One character for each byte: names of files need not be UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * Runs a program of ours while everything waits, for work on descriptors that is synchronous throughout. Its environment
 * is the one of every command of ours, without credentials.
 * @returns also when it fails: what that means is the caller's business
 * @throws {MissingProgramError} when it is not installed
 * @throws {CommandError} when it cannot be run, or dies of a signal
 */
export function runSync(argv: readonly [string, ...string[]], { input = "" }: RunSyncOptions = {}): RunSyncResult {
  const [program, ...args] = argv;
  const options = { input, encoding: "latin1", maxBuffer: MAX_OUTPUT_BYTES, env: hostEnvironment() } as const;
  const { error, status, signal, stdout, stderr } = spawnSync(program, args, options);
  if (isErrno(error, "ENOENT", "EACCES")) throw startFailure(argv, error);
  if (error === undefined && status !== null) return { stdout, stderr, exitCode: status };
  const ended = { code: status, signal };
  const reason = error?.message ?? describeExit(ended);
  throw new CommandError(`Cannot run ${program}: ${reason}`, {
    argv,
    status: ended,
    stderr: stderr ?? "",
    cause: error,
  });
}
