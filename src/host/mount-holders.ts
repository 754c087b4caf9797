import { readdir, readFile, readlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readFilesystemDevice } from "./block-device.ts";
import { findLoopHolders, type LoopHolder } from "./loop-holders.ts";
import type { MountView } from "./mount-view.ts";
import { isBelow, type MountEntry, mountsBelow, readMountinfo } from "./mountinfo.ts";
import { listProcesses, nameProcess, type ProcessInfo, readCommand, readRunId } from "./process-table.ts";

/** A process that keeps a mounted tree busy. */
export interface ProcessHolder extends ProcessInfo {
  readonly command: string;
  /** `root /mnt/x`, `cwd /mnt/x/etc`, `fd 3 /mnt/x/log`, `map /mnt/x/lib.so`, `mount namespace` */
  readonly why: readonly string[];
  /** False when only its mount namespace has the tree mounted. */
  readonly isInside: boolean;
  /** The build that it is, when it is one: its run's id. */
  readonly runId: string | undefined;
}

export interface FindHoldersOptions {
  readonly view: MountView;
}

/**
 * Finds the processes that hold what is mounted at `mountPath` or below, by root, working folder, open file or mapping,
 * and those whose own mount namespace has one of its file systems mounted (one process for each such namespace). They
 * are found to be named: a path tells nothing about whose a process is, so none of them is ever stopped.
 */
export async function findHolders(mountPath: string, options: FindHoldersOptions): Promise<ProcessHolder[]> {
  const tree = await readTree(mountPath, options.view);
  if (!tree) return [];
  const processes = (await listProcesses()).filter(({ pid }) => pid !== process.pid);
  const namespaces = await findNamespacesWith(tree, processes);
  const holders: ProcessHolder[] = [];
  for (const info of processes) {
    const isLeader = namespaces.get(info.mountNamespace) === info.pid;
    const inTree = info.mountNamespace === tree.namespace || namespaces.has(info.mountNamespace);
    const why = inTree ? await findReasons(info, tree) : [];
    if (why.length === 0 && !isLeader) continue;
    const reasons = isLeader ? [...why, "mount namespace"] : why;
    const [command, runId] = await Promise.all([readCommand(info.pid), readRunId(info.pid)]);
    holders.push({ ...info, command, runId, why: reasons, isInside: why.length > 0 });
  }
  return holders;
}

/** The loop devices whose files lie in what is mounted at `mountPath` or below. */
export async function findLoopsIn(mountPath: string, { view }: FindHoldersOptions): Promise<LoopHolder[]> {
  const tree = await readTree(mountPath, view);
  return tree ? findLoopHolders(tree.devices) : [];
}

/** A holder on one line: `pid 812 (sleep 999): cwd /mnt/x`, or `pid 812 (outscale-chroot ..., the build RUN): ...`. */
export function describeHolder({ pid, command, why, runId }: ProcessHolder): string {
  const shown = why.length > 4 ? [...why.slice(0, 4), `${why.length - 4} more`] : why;
  return `${nameProcess({ pid, command, runId })}: ${shown.join(", ")}`;
}

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
  const statOf = (entry: MountEntry) => readFilesystemDevice(join(view.rootPrefix, entry.mountPoint));
  const statted = await Promise.all(own.map(statOf));
  const under = await readFilesystemDevice(join(view.rootPrefix, dirname(mountPath)));
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
  const device = await readFilesystemDevice(path);
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
