import { enterWords } from "../chroot/container.ts";
import { chrootEnvironment } from "../chroot/environment.ts";
import type { DebugLog } from "../common/log.ts";
import type { ExitStatus } from "../host/command-error.ts";
import { readOwnState } from "../host/own-state.ts";
import { findProgram } from "../host/program-path.ts";
import { hostRunner } from "../host/run-command.ts";
import { shellQuote } from "../host/shell-quote.ts";

export interface RunShellOptions {
  readonly runId: string;
  /** Root's shell when empty. */
  readonly command: readonly string[];
  readonly isOnTerminal: boolean;
  readonly log?: DebugLog;
}

/** Becomes root's own shell, as the image's /etc/passwd has it; one that lets nobody in is none. */
const ROOT_SHELL = `
shell=/bin/sh
while IFS=: read -r name password uid gid comment home own; do
  if [ "$name" = root ]; then shell=$own; fi
done </etc/passwd
case $shell in */nologin | */false) shell=/bin/bash ;; esac
[ -x "$shell" ] || shell=/bin/sh
export SHELL="$shell"
exec "$shell"`;

/**
 * Runs a shell, or a command, in the container of an image. A program that the sandbox itself starts has no terminal; this
 * has ours or, where a person sits, one of its own.
 * @param container Its first process
 * @returns how it ended
 */
export async function runShell(container: number, options: RunShellOptions): Promise<ExitStatus> {
  const terminal: Record<string, string> = process.env.TERM ? { TERM: process.env.TERM } : {};
  const { env } = chrootEnvironment({ ...terminal, ...promptOf(options.runId) });
  const script = options.isOnTerminal ? findProgram("script") : undefined;
  const argv = shellArguments(container, options.command, script === undefined ? "ours" : "own");
  // The terminal itself stays with whoever started us: it would be hung up with the shell's end. script(1) passes on between.
  const passed = ["--quiet", "--return", "--command", `exec ${shellQuote(argv)}`, "/dev/null"];
  const started = script === undefined ? argv : [script, ...passed];
  return (await hostRunner(options.log).spawn(started, { env, stdio: "inherit" })).exited;
}

function shellArguments(container: number, command: readonly string[], terminal: "ours" | "own"): readonly string[] {
  const args = command.length > 0 ? ['exec "$@"', "sh", ...command] : [ROOT_SHELL];
  return [...enterWords(container, readOwnState(), { terminal }), "-c", ...args];
}

/** A prompt that says where one is: of a plain shell, and of bash, whose start-up files set one of their own. */
function promptOf(runId: string): Readonly<Record<string, string>> {
  const mark = `(image ${runId})`;
  return {
    PS1: `${mark} $PWD # `,
    PROMPT_COMMAND: `case $PS1 in "(image "*) ;; *) PS1="${mark} $PS1" ;; esac`,
  };
}
