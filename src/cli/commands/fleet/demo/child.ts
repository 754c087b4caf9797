import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { locateProgram } from "../../../../host/program-path.ts";

/** Starts a program with a session of its own, so that Ctrl-C is for us alone; it ends when we are killed. */
export function startChild(argv: readonly string[], options: SpawnOptions): ChildProcess {
  const command = ["--pdeathsig", "KILL", "--", ...argv];
  return spawn(locateProgram("setpriv"), command, { ...options, detached: true });
}

const AGAIN_MS = 5_000;
const LAST_MS = 20_000;

/**
 * Asks it to end, asks again, and has it end: what has lost its queue waits for it at the first.
 * @param ended Comes when it has
 */
export async function endChild(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  const end = (signal: NodeJS.Signals) => () => void child.kill(signal);
  end("SIGTERM")();
  const [again, last] = [setTimeout(end("SIGTERM"), AGAIN_MS), setTimeout(end("SIGKILL"), LAST_MS)];
  await ended;
  clearTimeout(again);
  clearTimeout(last);
}
