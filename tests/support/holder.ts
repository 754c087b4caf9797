import { once } from "node:events";
import { hostRunner, type RunningProcess } from "../../src/host/run-command.ts";

/** A process of a test that holds something until it is stopped. */
export interface Holder {
  readonly pid: number;
  readonly ended: RunningProcess["exited"];
  stop(): Promise<void>;
}

/** Starts a shell line that prints a line when it holds what it shall hold, and waits for that line. */
export async function startHolder(line: string, ...argv: readonly string[]): Promise<Holder> {
  const child = await hostRunner().spawn([...argv, "/bin/sh", "-c", line]);
  if (!child.stdout) throw new Error("The holder has no output");
  await Promise.race([
    once(child.stdout, "data"),
    child.exited.then(() => Promise.reject(new Error(`The holder ended at once: ${line}`))),
  ]);
  return {
    pid: child.pid,
    ended: child.exited,
    stop: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
