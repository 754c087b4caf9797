import { closeSync, constants, fsyncSync, openSync } from "node:fs";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, systemClock } from "../common/clock.ts";
import { isErrno } from "../common/errno.ts";
import { DeviceError, LeftoverError, throwIfCancelled } from "../common/errors.ts";
import {
  canOpenExclusively,
  kernelNameOf,
  listPartitionNames,
  readAttribute,
  readFilesystemDevice,
  resolveBlockDevice,
} from "./block-device.ts";
import { describeLoopHolder, findLoopHolders } from "./loop-holders.ts";
import { type MountEntry, readMountinfo } from "./mountinfo.ts";
import { describeProcess, listProcesses, type ProcessInfo } from "./process-table.ts";
import { shellQuote } from "./shell-quote.ts";

/** A disk and its partitions, under every name by which something may hold them. */
interface DeviceFamily {
  readonly device: string;
  /** Kernel names: `loop3`, `loop3p1`. */
  readonly names: readonly string[];
  /** `MAJOR:MINOR` of each. */
  readonly numbers: ReadonlySet<string>;
}

export interface NotInUseOptions {
  /** How long a last user may take to let go; 10 000 ms. */
  readonly deadlineMs?: number;
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Proves that nothing on this machine uses a device, so that it can be unlinked: its data is on the disk, it and its
 * partitions open exclusively (the kernel counts every namespace), no file system instance of it is left in
 * `/sys/fs`, nothing is stacked on it and nothing swaps to it. An `umount` that succeeded proves none of that.
 * @throws {LeftoverError} that names each holder
 */
export async function assertDeviceNotInUse(device: string, options: NotInUseOptions = {}): Promise<void> {
  const clock = options.clock ?? systemClock;
  const family = await readFamily(device);
  flushDevice(family.device);
  const deadline = clock.now() + (options.deadlineMs ?? 10_000);
  for (let users = await findUses(family); users.length > 0; users = await findUses(family)) {
    throwIfCancelled(options.signal);
    if (clock.now() >= deadline) throw await inUseError(family, users);
    await clock.sleep(POLL_MS, options.signal);
  }
}

const POLL_MS = 100;

async function readFamily(path: string): Promise<DeviceFamily> {
  const device = await resolveBlockDevice(path);
  const name = await kernelNameOf(device);
  const names = [name, ...(await listPartitionNames(name))];
  const numbers = await Promise.all(names.map((each) => readAttribute(`/sys/class/block/${each}/dev`)));
  return { device, names, numbers: new Set(numbers.filter((number) => number !== undefined)) };
}

/** Writes out what the page cache holds for the device itself. */
function flushDevice(device: string): void {
  const fd = openSync(device, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } catch (cause) {
    throw new DeviceError(`Cannot flush "${device}"`, { cause });
  } finally {
    closeSync(fd);
  }
}

/** What the kernel itself says; these lines are the proof, the processes behind them are looked up afterwards. */
async function findUses({ device, names }: DeviceFamily): Promise<string[]> {
  const [instances, stacked, swaps] = await Promise.all([
    findFilesystemInstances(names),
    findStackedDevices(names),
    findSwaps(names),
  ]);
  const busy = [device, ...names.slice(1).map((name) => `/dev/${name}`)].filter((node) => !canOpenIfThere(node));
  return [
    ...busy.map((node) => `${node} cannot be opened exclusively`),
    ...instances.map((path) => `${path} exists: the file system is still mounted somewhere`),
    ...stacked,
    ...swaps,
  ];
}

/** A partition without a node has no file to open; the exclusive open of its whole disk covers it. */
function canOpenIfThere(node: string): boolean {
  try {
    return canOpenExclusively(node);
  } catch (error) {
    if (error instanceof Error && isErrno(error.cause, "ENOENT", "ENXIO")) return true;
    throw error;
  }
}

/** `/sys/fs/ext4/loop3p1`, and `/sys/fs/btrfs/FSID/devices/loop3p1`. */
async function findFilesystemInstances(names: readonly string[]): Promise<string[]> {
  const types = await readdir("/sys/fs").catch(() => []);
  const plain = types.flatMap((type) => names.map((name) => `/sys/fs/${type}/${name}`));
  const pools = (await readdir("/sys/fs/btrfs").catch(() => [])).flatMap((pool) =>
    names.map((name) => `/sys/fs/btrfs/${pool}/devices/${name}`),
  );
  const found = await Promise.all([...plain, ...pools].map((path) => stat(path).catch(() => undefined)));
  return [...plain, ...pools].filter((_, index) => found[index]);
}

async function findStackedDevices(names: readonly string[]): Promise<string[]> {
  const holders = await Promise.all(
    names.map(async (name) => {
      const entries = await readdir(`/sys/class/block/${name}/holders`).catch(() => []);
      return entries.map((holder) => `the device ${holder} is stacked on /dev/${name}`);
    }),
  );
  return holders.flat();
}

async function findSwaps(names: readonly string[]): Promise<string[]> {
  const lines = (await readFile("/proc/swaps", "utf8").catch(() => "")).split("\n").slice(1);
  const used = lines.map((line) => line.split(/\s+/)[0] ?? "");
  return names
    .map((name) => `/dev/${name}`)
    .filter((node) => used.includes(node))
    .map((node) => `${node} is swap`);
}

async function inUseError(family: DeviceFamily, uses: readonly string[]): Promise<LeftoverError> {
  const leftovers = [...(await findHolders(family)), ...uses];
  return new LeftoverError(
    `The device "${family.device}" is still in use and is not unlinked:\n  ${leftovers.join("\n  ")}`,
    { leftovers, hint: "Unmount it there, stop what holds it, then run `outscale-chroot cleanup`" },
  );
}

/** The processes behind a use: open device files, and mount namespaces that have it mounted. */
async function findHolders(family: DeviceFamily): Promise<string[]> {
  const processes = await listProcesses();
  const others = processes.filter(({ pid }) => pid !== process.pid);
  const files = await Promise.all(others.map((info) => describeOpenFiles(info, family)));
  const loops = (await findLoopHolders(family.numbers)).map(describeLoopHolder);
  return [...(await describeNamespaces(processes, family)), ...files.filter((line) => line !== undefined), ...loops];
}

/** A line for each mount namespace that has it mounted, with the command that frees it. */
async function describeNamespaces(processes: readonly ProcessInfo[], family: DeviceFamily): Promise<string[]> {
  const lines: string[] = [];
  const own = await readlink("/proc/self/ns/mnt");
  const seen = new Set<string>();
  for (const { pid, mountNamespace } of processes) {
    if (seen.has(mountNamespace)) continue;
    const mounts = await readMountinfo(`/proc/${pid}/mountinfo`).catch((): MountEntry[] => []);
    if (mounts.length > 0) seen.add(mountNamespace);
    const places = mounts.filter((mount) => isOfFamily(mount, family)).map(({ mountPoint }) => mountPoint);
    if (places.length === 0) continue;
    // Later mounts may lie in earlier ones.
    const command = `umount ${shellQuote(places.toReversed())}`;
    if (mountNamespace === own) {
      // Which of the processes that see it is named would be chance: none of them mounted it.
      lines.push(`mounted on ${places.join(", ")}; what frees it: ${command}`);
    } else {
      const where = `mounted on ${places.join(", ")} in the mount namespace ${mountNamespace}`;
      lines.push(`${await describeProcess(pid)}: ${where}; what frees it: nsenter -t ${pid} -m ${command}`);
    }
  }
  return lines;
}

/** Btrfs mounts have a number of their own, so the source counts too. */
function isOfFamily({ device, source }: MountEntry, { numbers, names }: DeviceFamily): boolean {
  return numbers.has(device) || names.some((name) => source === `/dev/${name}`);
}

/** Open device nodes, and open files of its file systems, also when their mount was detached lazily. */
async function describeOpenFiles({ pid }: ProcessInfo, { numbers, names }: DeviceFamily): Promise<string | undefined> {
  const folder = `/proc/${pid}`;
  const fds = (await readdir(join(folder, "fd")).catch(() => [])).map((fd) => `fd/${fd}`);
  const nodes = new Set(names.map((name) => `/dev/${name}`));
  const held: string[] = [];
  for (const link of ["root", "cwd", ...fds]) {
    const target = await readlink(join(folder, link)).catch(() => "");
    if (!target.startsWith("/")) continue;
    const isHeld = nodes.has(target) || numbers.has(await readFilesystemDevice(join(folder, link)));
    if (isHeld) held.push(`${link.replace("fd/", "fd ")} ${target}`);
  }
  return held.length > 0 ? `${await describeProcess(pid)}: ${held.join(", ")}` : undefined;
}
