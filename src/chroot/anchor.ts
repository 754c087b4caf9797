import type { Readable } from "node:stream";
import { ChrootError, ExitCode } from "../common/errors.ts";
import { describeExit } from "../host/command-error.ts";
import { readProcessTree } from "../host/process-tree.ts";
import { hostRunner, type RunningProcess } from "../host/run-command.ts";
import type { Isolation } from "./sandbox.ts";

/** The sandbox cannot be started, or has ended while it was needed. */
export class SandboxError extends ChrootError {
  override readonly code = "E_SANDBOX";
  override readonly exitCode = ExitCode.Command;
}

/** The process that keeps a sandbox's namespaces: PID 1 inside. With it every process in there dies. */
export interface Anchor {
  /** PID 1, as the host numbers it. */
  readonly pid: number;
  readonly hasEnded: boolean;
  /** Ends it and waits until it is gone, with its mounts. */
  end(): Promise<void>;
}

const END_DEADLINE_MS = 10_000;

/**
 * PID 1 of the sandbox. It waits for the end of our pipe, which comes when we close it and also when we are killed. As
 * `wait` reaps whatever ends, orphans do not stay zombies. `kill -9 -1` inside takes `cat` with it: then another one.
 */
const ANCHOR_SCRIPT = `
exec 3<&0 </dev/null
echo ready
exec >/dev/null 2>&1
until cat <&3 & wait $!; do :; done
`;

/**
 * Starts the anchor in new namespaces, and in a session of its own, so that the terminal's Ctrl-C does not reach it.
 * @throws {SandboxError} with what unshare said
 */
export async function startAnchor(isolation: Isolation): Promise<Anchor> {
  // --mount-proc implies a mount namespace. With "host" programs keep the host's /proc, and see the host's pids.
  const mount = isolation === "private" ? ["--mount", "--propagation", "slave", "--mount-proc"] : [];
  const shell = ["/bin/sh", "-c", ANCHOR_SCRIPT];
  const unshare = await hostRunner().spawn([
    ...["setsid", "unshare", "--pid", "--fork", "--kill-child=KILL"],
    ...[...mount, "--", ...shell],
  ]);
  await waitUntilReady(unshare);
  const init = [...readProcessTree().values()].find(({ parentPid }) => parentPid === unshare.pid);
  if (!init) throw new SandboxError("The sandbox's first process ended at once");
  let hasEnded = false;
  const ended = unshare.exited.then(() => {
    hasEnded = true;
  });
  return {
    pid: init.pid,
    get hasEnded() {
      return hasEnded;
    },
    end: async () => {
      unshare.stdin?.end();
      const timer = setTimeout(() => !hasEnded && process.kill(init.pid, "SIGKILL"), END_DEADLINE_MS);
      await ended;
      clearTimeout(timer);
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
