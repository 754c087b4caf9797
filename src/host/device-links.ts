import { lstat, mkdir, readdir, readlink, rmdir, symlink, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ignoreErrno } from "../common/errno.ts";
import { DeviceError } from "../common/errors.ts";
import { kernelNameOf, listPartitionNames, readAttribute } from "./block-device.ts";

/**
 * The links of a build to its device, so that a template's `{{.Device}}1` is partition 1 whatever the kernel calls it:
 * `/run/outscale-chroot/RUN/xvdf1` leads to `/dev/loop0p1`, `/dev/nvme1n1p1` or `/dev/sda1`.
 */
export interface DeviceLinks {
  /** What `{{.Device}}` is. */
  readonly devicePath: string;
  /** The node behind it. */
  readonly device: string;
  /** Links exactly the partitions that have a node now. Call it after whatever may have changed the partitions. */
  refresh(): Promise<void>;
  /** Removes the links and the folder. */
  remove(): Promise<void>;
}

export interface DeviceLinksInput {
  /** A folder of the run's own, such as `/run/outscale-chroot/RUN`; it and its parent are made if they are missing. */
  readonly folder: string;
  /** Base name of the name that was linked: `xvdf`. */
  readonly name: string;
  readonly device: string;
}

/**
 * Makes the links to a device and to the partitions it has.
 * @throws {DeviceError} when the folder exists and has other things in it, or is not ours
 */
export async function createDeviceLinks({ folder, name, device }: DeviceLinksInput): Promise<DeviceLinks> {
  await makeOwnFolder(folder);
  const devicePath = join(folder, name);
  await symlink(device, devicePath).catch((cause) => {
    throw new DeviceError(`Cannot make the device link "${devicePath}"`, { cause });
  });
  const links = {
    devicePath,
    device,
    refresh: () => linkPartitions(devicePath, device),
    remove: () => removeDeviceLinks(folder),
  };
  await links.refresh();
  return links;
}

/** Removes the device links of a run and their folder: links only, and the folder only when nothing else is in it. */
export async function removeDeviceLinks(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(ignoreErrno("ENOENT"));
  for (const entry of entries ?? []) {
    if (entry.isSymbolicLink()) await unlink(join(folder, entry.name));
  }
  await rmdir(folder).catch(ignoreErrno("ENOENT"));
}

/** A link that leads nowhere would let a tool make a plain file in /dev, so there is none without a node. */
async function linkPartitions(devicePath: string, device: string): Promise<void> {
  const wanted = await readPartitionNodes(device);
  const folder = dirname(devicePath);
  const prefix = basename(devicePath);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix) || !/^\d+$/.test(name.slice(prefix.length))) continue;
    const path = join(folder, name);
    const target = await readlink(path).catch(() => undefined);
    const number = Number(name.slice(prefix.length));
    if (target !== undefined && target === wanted.get(number)) wanted.delete(number);
    else await removeStale(path, target);
  }
  for (const [number, node] of wanted) await symlink(node, `${devicePath}${number}`);
}

/** `mkfs` and the like may have made a plain file where a partition was expected: its user should know. */
async function removeStale(path: string, target: string | undefined): Promise<void> {
  if (target !== undefined) return unlink(path);
  const hint = "A command wrote to a partition that did not exist; check that the partition table has it";
  throw new DeviceError(`"${path}" is a file and not a partition`, { hint });
}

async function readPartitionNodes(device: string): Promise<Map<number, string>> {
  const name = await kernelNameOf(device);
  const nodes = new Map<number, string>();
  for (const partition of await listPartitionNames(name)) {
    const number = Number(await readAttribute(`/sys/class/block/${partition}/partition`));
    const node = `/dev/${partition}`;
    if ((await lstat(node).catch(() => undefined))?.isBlockDevice()) nodes.set(number, node);
  }
  return nodes;
}

async function makeOwnFolder(folder: string): Promise<void> {
  try {
    await mkdir(dirname(folder), { recursive: true, mode: 0o755 });
    await mkdir(folder, { mode: 0o755 });
  } catch (cause) {
    throw new DeviceError(`Cannot make the folder "${folder}" for device links`, { cause });
  }
}
