import { readdir, readFile, readlink } from "node:fs/promises";
import { parseProcessStat } from "./process-tree.ts";

/** A process of this machine, as `/proc` names it to us. */
export interface ProcessInfo {
  readonly pid: number;
  /** In clock ticks since boot: with the pid it names one process for ever. */
  readonly startedAt: number;
  /** `mnt:[4026531841]` */
  readonly mountNamespace: string;
  /** `pid:[4026531836]` */
  readonly pidNamespace: string;
}

/** Every process that we can see into. Kernel threads and zombies hold nothing and are left out. */
export async function listProcesses(): Promise<ProcessInfo[]> {
  const entries = await readdir("/proc");
  const processes = await Promise.all(
    entries.filter((name) => /^\d+$/.test(name)).map((pid) => readProcess(Number(pid))),
  );
  return processes.filter((info) => info !== undefined);
}

/** One process; `undefined` when it has ended. */
async function readProcess(pid: number): Promise<ProcessInfo | undefined> {
  const startedAt = await readStartTime(pid);
  if (startedAt === undefined) return undefined;
  const links = await Promise.all(
    ["ns/mnt", "ns/pid", "exe"].map((name) => readlink(`/proc/${pid}/${name}`).catch(() => "")),
  );
  const [mountNamespace = "", pidNamespace = "", program = ""] = links;
  // A kernel thread has no program file.
  return program && mountNamespace ? { pid, startedAt, mountNamespace, pidNamespace } : undefined;
}

/** Does this very process still run? A zombie does not, nor does another process that was given the same pid. */
export async function isRunning(process: Pick<ProcessInfo, "pid" | "startedAt">): Promise<boolean> {
  return (await readStartTime(process.pid)) === process.startedAt;
}

/** The command line as a person would recognise it, at most 200 characters. */
export async function readCommand(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  const words = line.split("\0").join(" ").trim();
  return (words || (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "?")).trim()).slice(0, 200);
}

async function readStartTime(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return parseProcessStat(text)?.startedAt;
}
