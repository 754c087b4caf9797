import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Clock, systemClock } from "../common/clock.ts";
import { formatDeviceNumber } from "./block-device.ts";
import type { MountView } from "./mount-view.ts";
import { isBelow, type MountEntry, mountsBelow, readMountinfo } from "./mountinfo.ts";
import { isRunning, listProcesses, type ProcessInfo, readCommand } from "./process-table.ts";

/** A process that keeps a mounted tree busy. */
export interface ProcessHolder extends ProcessInfo {
  readonly command: string;
  /** `root /mnt/x`, `cwd /mnt/x/etc`, `fd 3 /mnt/x/log`, `map /mnt/x/lib.so`, `mount namespace` */
  readonly why: readonly string[];
  /** False when only its mount namespace has the tree mounted: such a process is named, and never stopped. */
  readonly isInside: boolean;
}

export interface FindProcessesOptions {
  readonly view: MountView;
  /** Pids that are left out, such as a sandbox's anchor. Our own process always is. */
  readonly exclude?: readonly number[];
}

/**
 * Finds the processes that hold what is mounted at `mountPath` or below, by root, working folder, open file or mapping,
 * and those whose own mount namespace has one of its file systems mounted (one process for each such namespace).
 */
export async function findProcessesIn(mountPath: string, options: FindProcessesOptions): Promise<ProcessHolder[]> {
  const tree = await readTree(mountPath, options.view);
  if (!tree) return [];
  const excluded = new Set([process.pid, ...(options.exclude ?? [])]);
  const processes = (await listProcesses()).filter(({ pid }) => !excluded.has(pid));
  const namespaces = await findNamespacesWith(tree, processes);
  const holders: ProcessHolder[] = [];
  for (const info of processes) {
    const isLeader = namespaces.get(info.mountNamespace) === info.pid;
    const inTree = info.mountNamespace === tree.namespace || namespaces.has(info.mountNamespace);
    const why = inTree ? await findReasons(info, tree) : [];
    if (why.length === 0 && !isLeader) continue;
    const reasons = isLeader ? [...why, "mount namespace"] : why;
    holders.push({ ...info, command: await readCommand(info.pid), why: reasons, isInside: why.length > 0 });
  }
  return holders;
}

/** A holder on one line: `pid 812 (sleep 999): cwd /mnt/x`. */
export function describeHolder({ pid, command, why }: ProcessHolder): string {
  const shown = why.length > 4 ? [...why.slice(0, 4), `${why.length - 4} more`] : why;
  return `pid ${pid} (${command}): ${shown.join(", ")}`;
}

export interface StopOptions {
  /** How long a process may take to end after SIGTERM; 3 000 ms. */
  readonly graceMs?: number;
  readonly clock?: Clock;
}

export interface StopResult {
  readonly stopped: readonly ProcessHolder[];
  /** Those that SIGKILL did not end, and those that only hold a mount namespace. */
  readonly survivors: readonly ProcessHolder[];
}

/** Ends the processes that are inside a tree: SIGTERM, then SIGKILL. */
async function stopProcesses(holders: readonly ProcessHolder[], options: StopOptions = {}): Promise<StopResult> {
  const clock = options.clock ?? systemClock;
  const inside = holders.filter(({ isInside }) => isInside);
  await sendSignal(inside, "SIGTERM");
  const stubborn = await waitForEnd(inside, options.graceMs ?? 3_000, clock);
  await sendSignal(stubborn, "SIGKILL");
  const alive = new Set(await waitForEnd(stubborn, 5_000, clock));
  return {
    stopped: inside.filter((holder) => !alive.has(holder)),
    survivors: holders.filter((holder) => !holder.isInside || alive.has(holder)),
  };
}

/**
 * Stops everything inside a tree, again and again while something new turns up, since a process may fork while it is
 * being found.
 */
export async function stopProcessesIn(
  mountPath: string,
  options: FindProcessesOptions & StopOptions,
): Promise<StopResult> {
  const stopped: ProcessHolder[] = [];
  for (let round = 1; ; round += 1) {
    const holders = await findProcessesIn(mountPath, options);
    const result = await stopProcesses(holders, options);
    stopped.push(...result.stopped);
    if (result.stopped.length === 0 || round === MAX_ROUNDS) return { stopped, survivors: result.survivors };
  }
}

const MAX_ROUNDS = 10;
const POLL_MS = 20;

interface Tree {
  readonly mountPath: string;
  /** Mount namespace in which paths below `mountPath` are this tree. */
  readonly namespace: string;
  /** Superblocks (as mountinfo and as stat number them) that are mounted nowhere but in the tree. */
  readonly devices: ReadonlySet<string>;
  /** What is at `mountPath` without the mount: who went there before it was mounted holds nothing of it. */
  readonly hidden: string | undefined;
}

/** @returns `undefined` when nothing is mounted there */
async function readTree(mountPath: string, view: MountView): Promise<Tree | undefined> {
  const mounts = await readMountinfo(view.mountinfoPath);
  const below = mountsBelow(mounts, mountPath);
  if (below.length === 0) return undefined;
  const ids = new Set(below.map(({ id }) => id));
  const host = await readMountinfo();
  // /dev, /proc and other binds of the host are in the tree too; holding those elsewhere is none of our business.
  const elsewhere = [
    ...mounts.filter(({ id }) => !ids.has(id)),
    ...host.filter((entry) => !isBelow(entry.mountPoint, mountPath)),
  ];
  const foreign = new Set(elsewhere.map(({ device }) => device));
  const own = below.filter(({ device }) => !foreign.has(device));
  const statOf = (entry: MountEntry) => statDevice(join(view.rootPrefix, entry.mountPoint));
  const statted = await Promise.all(own.map(statOf));
  const under = await statDevice(join(view.rootPrefix, dirname(mountPath)));
  return {
    mountPath,
    namespace: await readlink(join(dirname(view.mountinfoPath), "ns/mnt")),
    devices: new Set([...own.map(({ device }) => device), ...statted]),
    // A folder of that same file system may be bound into the tree: then paths alone must do.
    hidden: (await Promise.all(below.map(statOf))).includes(under) ? undefined : under,
  };
}

/** The mount namespaces, apart from the tree's own, that have one of its file systems, each with one of its pids. */
async function findNamespacesWith(tree: Tree, processes: readonly ProcessInfo[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const seen = new Set([tree.namespace]);
  for (const { pid, mountNamespace } of processes) {
    if (seen.has(mountNamespace)) continue;
    const mounts: MountEntry[] = await readMountinfo(`/proc/${pid}/mountinfo`).catch(() => []);
    if (mounts.length > 0) seen.add(mountNamespace);
    if (mounts.some(({ device }) => tree.devices.has(device))) found.set(mountNamespace, pid);
  }
  return found;
}

async function findReasons(info: ProcessInfo, tree: Tree): Promise<string[]> {
  const folder = `/proc/${info.pid}`;
  const fds = await readdir(`${folder}/fd`).catch(() => []);
  const links = [
    ...["root", "cwd"].map((name) => ({ label: name, path: `${folder}/${name}` })),
    ...fds.map((fd) => ({ label: `fd ${fd}`, path: `${folder}/fd/${fd}` })),
  ];
  const reasons = await Promise.all(links.map((link) => describeLink(link, info, tree)));
  return [...reasons.filter((reason) => reason !== undefined), ...(await findMappings(info, tree))];
}

async function describeLink({ label, path }: { label: string; path: string }, info: ProcessInfo, tree: Tree) {
  const target = await readlink(path).catch(() => "");
  if (!target.startsWith("/")) return undefined;
  const isSameNamespace = info.mountNamespace === tree.namespace;
  // A stat may hang on a dead network file system, so it is not asked of what is elsewhere by its path.
  if (isSameNamespace && !isBelow(target, tree.mountPath)) return undefined;
  const device = await statDevice(path);
  const isInside = isSameNamespace ? device !== tree.hidden : tree.devices.has(device);
  return isInside ? `${label} ${target}` : undefined;
}

async function findMappings(info: ProcessInfo, tree: Tree): Promise<string[]> {
  const text = await readFile(`/proc/${info.pid}/maps`, "utf8").catch(() => "");
  const paths = new Set<string>();
  for (const line of text.split("\n")) {
    const [, , , device, inode, ...words] = line.split(/ +/);
    const path = words.join(" ");
    if (!device || inode === "0" || !path.startsWith("/")) continue;
    const number = decimalDevice(device);
    const isSameNamespace = info.mountNamespace === tree.namespace;
    const isSamePlace = isBelow(path, tree.mountPath) && number !== tree.hidden;
    if (isSameNamespace ? isSamePlace : tree.devices.has(number)) paths.add(path);
  }
  return [...paths].map((path) => `map ${path}`);
}

/** `/proc/PID/maps` writes device numbers in hexadecimal. */
function decimalDevice(device: string): string {
  return device
    .split(":", 2)
    .map((part) => Number.parseInt(part, 16))
    .join(":");
}

async function statDevice(path: string): Promise<string> {
  const entry = await stat(path).catch(() => undefined);
  return entry ? formatDeviceNumber(entry.dev) : "";
}

async function sendSignal(holders: readonly ProcessHolder[], signal: NodeJS.Signals): Promise<void> {
  for (const holder of holders) {
    if (!(await isRunning(holder))) continue;
    try {
      process.kill(holder.pid, signal);
    } catch {
      // It ended in between, or is not ours to signal: whether it still runs is asked right after.
    }
  }
}

/** @returns those that still run at the end */
async function waitForEnd(holders: readonly ProcessHolder[], waitMs: number, clock: Clock): Promise<ProcessHolder[]> {
  const deadline = clock.now() + waitMs;
  for (let alive = holders; ; await clock.sleep(POLL_MS)) {
    const states = await Promise.all(alive.map(isRunning));
    alive = alive.filter((_, index) => states[index]);
    if (alive.length === 0 || clock.now() >= deadline) return [...alive];
  }
}
