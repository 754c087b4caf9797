import type { Readable } from "node:stream";
import type { Clock } from "../common/clock.ts";
import { ChrootError, ExitCode } from "../common/errors.ts";
import { describeExit } from "../host/command-error.ts";
import { hostEnvironment } from "../host/host-environment.ts";
import { type ProcessNode, readChildren, readProcessNode } from "../host/process-tree.ts";
import { hostRunner, type RunningProcess } from "../host/run-command.ts";
import { signalProcess } from "../host/signal-process.ts";

/** The sandbox cannot be started, or has ended while it was needed. */
export class SandboxError extends ChrootError {
  override readonly code = "E_SANDBOX";
  override readonly exitCode = ExitCode.Command;
}

/**
 * Nothing inside can end the first process of a sandbox, and how it ended is not known: unshare of util-linux 2.38 fails
 * with 1 when its child was killed.
 */
export function endedError({ pid }: Pick<Anchor, "pid">): SandboxError {
  return new SandboxError(`The sandbox has ended: its first process (pid ${pid}) is gone`, {
    hint: "Most likely the machine ran out of memory or processes (see dmesg), or somebody killed it. Build again",
  });
}

/** The process that keeps namespaces: PID 1 inside. With it every process in there dies. */
export interface Anchor {
  /** PID 1, as the host numbers it. */
  readonly pid: number;
  /** Its session, which no command in there is in. */
  readonly session: number;
  /** False also when its pid is another process's by now. */
  readonly isAlive: boolean;
  /** Ends it and waits until it is gone, with its mounts. */
  end(): Promise<void>;
}

export interface AnchorOptions {
  /** Words before the program that makes the namespaces, such as those of nsenter(1), by which they are made in others. */
  readonly inside?: readonly string[];
  /** The options of unshare(1) for the namespaces besides that of the processes. */
  readonly namespaces: readonly string[];
  /** What PID 1 runs: it says `ready`, and ends at the end of its standard input. */
  readonly script: string;
  /**
   * For a script that says something before that, and goes on when it gets a line: what is done in between.
   * @param pid PID 1, as the host numbers it
   */
  readonly onPause?: (pid: number) => void;
  readonly clock: Clock;
}

const END_DEADLINE_MS = 10_000;

/**
 * What a provisioner must not change for this machine, with either isolation: its host name, its System V and POSIX
 * queues, its control groups.
 */
export const OWN_NAMESPACES = ["--uts", "--ipc", "--cgroup"];

/** Words before a program that is to end with us, however we end, also while it is stopped. @see prctl(2), PR_SET_PDEATHSIG */
export const ENDS_WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"];

/**
 * Starts an anchor in a new PID namespace and others, and in a session of its own, so that the terminal's Ctrl-C does not
 * reach it. It ends at the end of our pipe, and it is killed when the process above it dies, and so on up to us: nothing
 * that it runs, and nothing that stops it, makes it outlive us.
 * @throws {SandboxError} with what the programs said
 */
export async function startAnchor({ inside = [], namespaces, script, onPause, clock }: AnchorOptions): Promise<Anchor> {
  const unshare = ["setsid", "unshare", "--pid", "--fork", "--kill-child=KILL", ...namespaces];
  // The working folder may be on a disk that is to be unmounted meanwhile.
  const argv = [...ENDS_WITH_US, ...inside, ...unshare, "--", "/bin/sh", "-c", 'eval "$ANCHOR"', "outscale-chroot"];
  // Not as an argument, which everybody in there could read.
  const env = { ...hostEnvironment(), ANCHOR: script };
  const starter = await hostRunner().spawn(argv, { cwd: "/", env });
  const words = new Words(starter);
  await words.next();
  // nsenter has to stay outside, and waits.
  const init = findDescendant(starter.pid, inside.length > 0 ? 2 : 1);
  if (!init) {
    starter.kill("SIGKILL");
    throw new SandboxError("The sandbox's first process ended at once");
  }
  if (onPause) await passPause(starter, words, () => onPause(init.pid));
  let hasEnded = false;
  const ended = starter.exited.then(() => {
    hasEnded = true;
  });
  return {
    pid: init.pid,
    session: init.session,
    get isAlive() {
      return !hasEnded && readProcessNode(init.pid)?.startedAt === init.startedAt;
    },
    end: async () => {
      // Not by its pipe alone: what reads it may have been stopped from inside.
      starter.stdin?.end();
      signalProcess(init, "SIGKILL");
      const isOver = new AbortController();
      const insist = clock.sleep(END_DEADLINE_MS, isOver.signal).then(
        () => starter.kill("SIGKILL"),
        () => undefined,
      );
      await ended;
      isOver.abort();
      await insist;
    },
  };
}

/** Each of these processes has one child. */
function findDescendant(pid: number, generations: number): ProcessNode | undefined {
  const [child] = readChildren(pid);
  return child === undefined || generations === 1 ? child : findDescendant(child.pid, generations - 1);
}

async function passPause(starter: RunningProcess, words: Words, use: () => void): Promise<void> {
  try {
    use();
  } catch (error) {
    starter.kill("SIGKILL");
    throw error;
  }
  const next = words.next();
  starter.stdin?.write("\n");
  await next;
}

/** What a script of ours says on its way. */
class Words {
  readonly #starter: RunningProcess;
  #complaints = "";

  constructor(starter: RunningProcess) {
    this.#starter = starter;
    starter.stdin?.on("error", () => undefined);
    (starter.stderr as Readable).on("data", (chunk: Buffer) => {
      this.#complaints += chunk.toString("utf8");
    });
  }

  /**
   * Waits for the next one, which comes after this call.
   * @throws {SandboxError} when the script ends in place of it
   */
  async next(): Promise<void> {
    const said = new Promise<"said">((resolve) => this.#starter.stdout?.once("data", () => resolve("said")));
    const outcome = await Promise.race([said, this.#starter.exited]);
    if (outcome === "said") return;
    const complaints = this.#complaints.trim();
    throw new SandboxError(
      `Cannot start the sandbox (${describeExit(outcome)})${complaints === "" ? "" : `\n${complaints}`}`,
      { hint: "Namespaces need root; in a container they need its CAP_SYS_ADMIN too" },
    );
  }
}
