import type { Readable } from "node:stream";
import type { Clock } from "../common/clock.ts";
import { ChrootError, ExitCode } from "../common/errors.ts";
import { describeExit } from "../host/command-error.ts";
import { readProcessNode, readProcessTree } from "../host/process-tree.ts";
import { hostRunner, type RunningProcess } from "../host/run-command.ts";
import { signalProcess } from "../host/signal-process.ts";

/** The sandbox cannot be started, or has ended while it was needed. */
export class SandboxError extends ChrootError {
  override readonly code = "E_SANDBOX";
  override readonly exitCode = ExitCode.Command;
}

/** The process that keeps a sandbox's namespaces: PID 1 inside. With it every process in there dies. */
export interface Anchor {
  /** PID 1, as the host numbers it. */
  readonly pid: number;
  /** False also when its pid is another process's by now. */
  readonly isAlive: boolean;
  /** Ends it and waits until it is gone, with its mounts. */
  end(): Promise<void>;
}

const END_DEADLINE_MS = 10_000;

/**
 * What a provisioner must not change for this machine, with either isolation: its host name, its System V and POSIX
 * queues, its control groups.
 */
export const OWN_NAMESPACES = ["--uts", "--ipc", "--cgroup"];

/**
 * PID 1 of the sandbox. It waits for the end of our pipe, which comes when we close it and also when we are killed. As
 * `wait` reaps whatever ends, orphans do not stay zombies. `kill -9 -1` inside takes `cat` with it: then another one.
 */
const ANCHOR_SCRIPT = `
exec 3<&0 </dev/null
cd /
echo ready
exec >/dev/null 2>&1
until cat <&3 & wait $!; do :; done
`;

/** Which mounts the processes in there see. */
export type AnchorMounts = "private" | "window" | "host";

/** With a window, and with the host's mounts, programs keep the host's `/proc`, and see the host's pids. */
const MOUNT_FLAGS: Readonly<Record<AnchorMounts, readonly string[]>> = {
  private: ["--mount", "--propagation", "slave", "--mount-proc"],
  // What is shared stays so, until the window is the only mount that is: see `openWindow()`.
  window: ["--mount", "--propagation", "unchanged"],
  host: [],
};

/**
 * Starts the anchor in new namespaces, and in a session of its own, so that the terminal's Ctrl-C does not reach it.
 * @throws {SandboxError} with what unshare said
 */
export async function startAnchor(mounts: AnchorMounts, clock: Clock): Promise<Anchor> {
  const shell = ["/bin/sh", "-c", ANCHOR_SCRIPT];
  // The working folder may be on a disk that is to be unmounted meanwhile.
  const unshare = await hostRunner().spawn(
    [
      ...["setsid", "unshare", "--pid", "--fork", "--kill-child=KILL"],
      ...[...OWN_NAMESPACES, ...MOUNT_FLAGS[mounts], "--", ...shell],
    ],
    { cwd: "/" },
  );
  await waitUntilReady(unshare);
  const init = [...readProcessTree().values()].find(({ parentPid }) => parentPid === unshare.pid);
  if (!init) throw new SandboxError("The sandbox's first process ended at once");
  let hasEnded = false;
  const ended = unshare.exited.then(() => {
    hasEnded = true;
  });
  return {
    pid: init.pid,
    get isAlive() {
      return !hasEnded && readProcessNode(init.pid)?.startedAt === init.startedAt;
    },
    end: async () => {
      unshare.stdin?.end();
      const isOver = new AbortController();
      const insist = clock.sleep(END_DEADLINE_MS, isOver.signal).then(
        () => signalProcess(init, "SIGKILL"),
        () => false,
      );
      await ended;
      isOver.abort();
      await insist;
    },
  };
}

async function waitUntilReady(unshare: RunningProcess): Promise<void> {
  let said = "";
  unshare.stdin?.on("error", () => undefined);
  (unshare.stderr as Readable).on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  const ready = new Promise<"ready">((resolve) => unshare.stdout?.once("data", () => resolve("ready")));
  const outcome = await Promise.race([ready, unshare.exited]);
  if (outcome === "ready") return;
  throw new SandboxError(`Cannot start the sandbox (${describeExit(outcome)})${said ? `\n${said.trim()}` : ""}`, {
    hint: "Namespaces need root; in a container they need its CAP_SYS_ADMIN too",
  });
}
