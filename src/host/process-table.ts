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

/**
 * The run that a process is, if it is a build: it has its journal open and locked, whatever its program is called.
 */
export async function readRunId(pid: number): Promise<string | undefined> {
  for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
    const runId = /\/runs\/([^/]+)\.jsonl$/.exec(target)?.[1];
    if (runId !== undefined) return runId;
  }
  return undefined;
}

/** `pid 812 (sleep 999)`, or `pid 812 (node ..., the build RUN)`. */
export function nameProcess(named: {
  readonly pid: number;
  readonly command: string;
  readonly runId?: string | undefined;
}): string {
  const build = named.runId === undefined ? "" : `, the build ${named.runId}`;
  return `pid ${named.pid} (${named.command}${build})`;
}

/** The same of a pid. */
export async function describeProcess(pid: number): Promise<string> {
  const [command, runId] = await Promise.all([readCommand(pid), readRunId(pid)]);
  return nameProcess({ pid, command, runId });
}

async function readStartTime(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return parseProcessStat(text)?.startedAt;
}
