import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { hostRunner, type RunningProcess } from "../../../src/host/run-command.ts";

/** A process of a test that holds something until it is stopped. */
export interface Holder {
  readonly pid: number;
  readonly ended: RunningProcess["exited"];
  stop(): Promise<void>;
}

/**
 * Starts a shell line that prints a line when it holds what it shall hold, and waits for that line; and, when it ends in
 * an `exec`, until that program runs.
 */
export async function startHolder(line: string, ...argv: readonly string[]): Promise<Holder> {
  const child = await hostRunner().spawn([...argv, "/bin/sh", "-c", line]);
  if (!child.stdout) throw new Error("The holder has no output");
  await Promise.race([
    once(child.stdout, "data"),
    child.exited.then(() => Promise.reject(new Error(`The holder ended at once: ${line}`))),
  ]);
  const [, program] = /\bexec ([^\d\s>]\S*)[^;]*$/.exec(line) ?? [];
  // No event tells of an exec.
  while (program !== undefined && !(await programOf(child.pid)).endsWith(program)) await setTimeout(1);
  return {
    pid: child.pid,
    ended: child.exited,
    stop: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

async function programOf(pid: number): Promise<string> {
  const [program = ""] = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
  return program;
}

/**
 * Starts a process in a mount namespace of its own that holds what is mounted below a folder. A new namespace has a copy
 * of every mount of this machine; what others have mounted is taken out of it, or it would hold their disks.
 */
export async function startMountHolder(folder: string, seconds = 600): Promise<Holder> {
  const line = `
    findmnt --raw --noheadings --output SOURCE,TARGET | while read -r source target; do
      case $target in ${folder} | ${folder}/*) continue ;; esac
      case $source in /dev/loop*) umount --lazy "$target" ;; esac
    done
    echo up
    exec sleep ${seconds}`;
  return startHolder(line, "unshare", "--mount", "--propagation", "slave");
}
