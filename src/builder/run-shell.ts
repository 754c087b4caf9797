import { OWN_NAMESPACES } from "../chroot/anchor.ts";
import { enterWords } from "../chroot/container.ts";
import { chrootEnvironment } from "../chroot/environment.ts";
import type { DebugLog } from "../common/log.ts";
import { cleanStart, withoutMachine } from "../host/clean-start.ts";
import type { ExitStatus } from "../host/command-error.ts";
import { readCapabilities, readOwnState } from "../host/own-state.ts";
import { findProgram, locateProgram } from "../host/program-path.ts";
import { hostRunner } from "../host/run-command.ts";
import { shellQuote } from "../host/shell-quote.ts";

export interface RunShellOptions {
  readonly runId: string;
  /** Root's shell when empty. */
  readonly command: readonly string[];
  readonly isOnTerminal: boolean;
  readonly log?: DebugLog;
}

/** Where the image is: in a container, by its first process, or mounted in a sandbox and not provisioned yet. */
type ImagePlace =
  | { readonly container: number }
  | { readonly pid: number; readonly mountPath: string; readonly container?: number | undefined };

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
 * Runs a shell, or a command, in an image. A program that the sandbox itself starts has no terminal; this has ours or, where
 * a person sits, one of its own.
 * @returns how it ended
 */
export async function runShell(place: ImagePlace, options: RunShellOptions): Promise<ExitStatus> {
  const terminal: Record<string, string> = process.env.TERM ? { TERM: process.env.TERM } : {};
  const { env } = chrootEnvironment({ ...terminal, ...promptOf(options.runId) });
  const script = options.isOnTerminal ? findProgram("script") : undefined;
  const argv = shellArguments(place, options.command, script === undefined ? "ours" : "own");
  // The terminal itself stays with whoever started us: it would be hung up with the shell's end. script(1) passes on between.
  const passed = ["--quiet", "--return", "--command", `exec ${shellQuote(argv)}`, "/dev/null"];
  const started = script === undefined ? argv : [script, ...passed];
  return (await hostRunner(options.log).spawn(started, { env, stdio: "inherit" })).exited;
}

function shellArguments(place: ImagePlace, command: readonly string[], terminal: "ours" | "own"): readonly string[] {
  const state = readOwnState();
  if (!("mountPath" in place)) {
    const args = command.length > 0 ? ['exec "$@"', "sh", ...command] : [ROOT_SHELL];
    return [...enterWords(place.container, state, { terminal }), "-c", ...args];
  }
  return [
    // A sandbox without a mount namespace of its own is in ours, and entering that changes nothing.
    ...["nsenter", "--target", String(place.pid), "--mount", "--pid", ...OWN_NAMESPACES, "--"],
    // In there, as a shell knows only the processes of its own namespace: session and terminal must be one of them.
    ...(terminal === "own" ? [locateProgram("setsid"), "--ctty", "--wait"] : []),
    ...cleanStart(state),
    ...withoutMachine(readCapabilities()),
    ...[locateProgram("chroot"), place.mountPath],
    ...(command.length > 0 ? command : ["/bin/sh", "-c", ROOT_SHELL]),
  ];
}

/** A prompt that says where one is: of a plain shell, and of bash, whose start-up files set one of their own. */
function promptOf(runId: string): Readonly<Record<string, string>> {
  const mark = `(image ${runId})`;
  return {
    PS1: `${mark} $PWD # `,
    PROMPT_COMMAND: `case $PS1 in "(image "*) ;; *) PS1="${mark} $PS1" ;; esac`,
  };
}
