import { PassThrough } from "node:stream";
import { CommandError, type ExitStatus } from "../../../src/host/command-error.ts";
import type { CommandRunner, RunningProcess } from "../../../src/host/run-command.ts";
import { shellQuote } from "../../../src/host/shell-quote.ts";

/** What a program says and how it ends. */
export interface Answer {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
}

export interface RecordingRunner extends CommandRunner {
  /** The command lines, as a person would type them. */
  readonly lines: string[];
}

/** Runs no program: records the command lines, and answers by script; a program without an answer says nothing and succeeds. */
export function recordingRunner(answer: (line: string) => Answer | undefined = () => undefined): RecordingRunner {
  const lines: string[] = [];
  const ask = (argv: readonly string[]) => {
    const line = shellQuote(argv);
    lines.push(line);
    return { stdout: "", stderr: "", exitCode: 0, ...answer(line) };
  };
  return {
    lines,
    run: async (argv, options = {}) => {
      const said = ask(argv);
      options.onStdout?.(Buffer.from(said.stdout));
      options.onStderr?.(Buffer.from(said.stderr));
      if ((options.okExitCodes ?? [0]).includes(said.exitCode)) return said;
      const status = { code: said.exitCode, signal: null };
      throw new CommandError(`${shellQuote(argv)} ended with exit code ${said.exitCode}`, {
        argv,
        status,
        stderr: said.stderr,
      });
    },
    spawn: async (argv) => started(ask(argv)),
  };
}

function started({ stdout, stderr, exitCode }: Required<Answer>): RunningProcess {
  const status: ExitStatus = { code: exitCode, signal: null };
  return {
    pid: 0,
    stdin: new PassThrough(),
    stdout: new PassThrough().end(stdout),
    stderr: new PassThrough().end(stderr),
    exited: Promise.resolve(status),
    kill: () => undefined,
  };
}
