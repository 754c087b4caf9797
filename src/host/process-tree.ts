import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process with what ties it to others. Pids are those of our own `/proc`. */
export interface ProcessNode {
  readonly pid: number;
  readonly parentPid: number;
  /** Pid of the session's leader. */
  readonly session: number;
  /** Clock ticks since boot: with the pid it names one process for ever. */
  readonly startedAt: number;
}

/**
 * Every process that lives; zombies do nothing any more and are left out.
 * @param pids Those that are of interest; all when absent
 */
export function readProcessTree(pids: readonly number[] = listPids()): Map<number, ProcessNode> {
  const tree = new Map<number, ProcessNode>();
  for (const pid of pids) {
    const node = readProcessNode(pid);
    if (node) tree.set(pid, node);
  }
  return tree;
}

function listPids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** One process; `undefined` when it has ended. */
export function readProcessNode(pid: number): ProcessNode | undefined {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

/** @see proc_pid_stat(5): the name in the second field may hold blanks and brackets */
export function parseProcessStat(text: string): ProcessNode | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, parentPid, , session] = fields;
  if (!state || state === "Z" || state === "X") return undefined;
  return {
    pid: Number.parseInt(text, 10),
    parentPid: Number(parentPid),
    session: Number(session),
    startedAt: Number(fields[19]),
  };
}

/**
 * The processes that a process with one thread has started, as far as they live. A kernel may not say it
 * (CONFIG_PROC_CHILDREN): then all processes are looked through.
 * @see proc_tid_children(5)
 */
export function readChildren(pid: number): ProcessNode[] {
  try {
    const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
    return pids.flatMap((child) => readProcessNode(Number(child)) ?? []);
  } catch {
    return [...readProcessTree().values()].filter(({ parentPid }) => parentPid === pid);
  }
}

/** These processes and all their descendants, as far as they live. */
export function withDescendants(tree: ReadonlyMap<number, ProcessNode>, pids: Iterable<number>): Set<number> {
  const children = new Map<number, number[]>();
  for (const { pid, parentPid } of tree.values()) {
    const siblings = children.get(parentPid);
    if (siblings) siblings.push(pid);
    else children.set(parentPid, [pid]);
  }
  const found = new Set<number>();
  const open = [...pids];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    if (found.has(pid)) continue;
    if (tree.has(pid)) found.add(pid);
    open.push(...(children.get(pid) ?? []));
  }
  return found;
}

/** `pid:[4026531836]`, or `undefined` when the process has ended. */
export function readPidNamespace(pid: number | "self"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** The namespaces of the processes that live, by pid: the cheapest that there is to be known of them. */
export function readPidNamespaces(): Map<number, string> {
  const pairs = listPids().map((pid) => [pid, readPidNamespace(pid)] as const);
  return new Map(pairs.filter((pair): pair is readonly [number, string] => pair[1] !== undefined));
}
