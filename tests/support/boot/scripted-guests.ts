import { setMaxListeners } from "node:events";
import { PassThrough } from "node:stream";
import type { Acceleration } from "../../../src/boot/acceleration.ts";
import type { Clock } from "../../../src/common/clock.ts";
import type { ExitStatus } from "../../../src/host/command-error.ts";
import { type CommandRunner, hostRunner, type RunningProcess } from "../../../src/host/run-command.ts";

/** What a guest does: texts on its console at times after its start, and its end, if it ends by itself. */
export interface GuestScript {
  readonly says?: readonly (readonly [afterMs: number, text: string])[];
  readonly ends?: { readonly afterMs: number; readonly code: number; readonly stderr?: string };
}

export interface ScriptedGuests {
  readonly runner: CommandRunner;
  /** The accelerations of the guests that were started, in their order. */
  readonly started: Acceleration[];
  /** How many of them still run. */
  running(): number;
}

/** A runner whose QEMU is a script on the test's clock. */
export function scriptedGuests(
  clock: Clock,
  script: (acceleration: Acceleration, argv: readonly string[]) => GuestScript,
): ScriptedGuests {
  const started: Acceleration[] = [];
  let running = 0;
  const spawn: CommandRunner["spawn"] = async (argv) => {
    const acceleration = argv[argv.indexOf("-accel") + 1] as Acceleration;
    started.push(acceleration);
    running += 1;
    return play(clock, script(acceleration, argv), () => {
      running -= 1;
    });
  };
  return { runner: { ...hostRunner(), spawn }, started, running: () => running };
}

function play(clock: Clock, { says = [], ends }: GuestScript, onEnd: () => void): RunningProcess {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const killed = new AbortController();
  setMaxListeners(says.length + 2, killed.signal);
  let end: (status: ExitStatus) => void = () => undefined;
  const exited = new Promise<ExitStatus>((resolve) => {
    end = resolve;
  });
  const finish = (status: ExitStatus) => {
    if (killed.signal.aborted) return;
    killed.abort();
    stdout.end();
    stderr.end();
    onEnd();
    end(status);
  };
  const at = (ms: number, act: () => void) => clock.sleep(ms, killed.signal).then(act, () => undefined);
  for (const [afterMs, text] of says) void at(afterMs, () => stdout.write(text));
  if (ends) {
    void at(ends.afterMs, () => {
      stderr.write(ends.stderr ?? "");
      finish({ code: ends.code, signal: null });
    });
  }
  return { pid: 0, stdin: null, stdout, stderr, exited, kill: (signal) => finish({ code: null, signal }) };
}
