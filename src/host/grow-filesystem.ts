import { DeviceError } from "../common/errors.ts";
import { CommandError } from "./command-error.ts";
import type { RootPart } from "./find-root.ts";
import type { MountView } from "./mount-view.ts";
import { findNewerFeature } from "./newer-feature.ts";
import type { Partition, PartitionTable } from "./partition.ts";
import type { VolumeLayout } from "./probe-filesystem.ts";
import type { CommandRunner } from "./run-command.ts";
import { syncPartitions } from "./sync-partitions.ts";

/** Less than this at the end of a disk is alignment and the backup GPT, and no room to grow into. */
const MIN_GROWTH_BYTES = 1024 * 1024;
const EXT = new Set(["ext2", "ext3", "ext4"]);
const ONLINE = new Set(["xfs", "btrfs"]);

export interface GrowInput {
  readonly runner: CommandRunner;
  readonly layout: VolumeLayout;
  readonly root: RootPart;
  onWarning(message: string): void;
}

/**
 * Grows the root's partition to the end of the volume, and an ext file system with it. Call it before mounting; xfs and
 * btrfs grow afterwards, with {@link growMounted}. What has been done already is no reason to stop: it can be called again after
 * a failure.
 * @returns whether the file system is to fill its device: what cannot be grown is left as it is, with a warning
 * @throws {CommandError} when a tool fails
 */
export async function growUnmounted(input: GrowInput): Promise<{ readonly grown: boolean }> {
  const { runner, layout, root, onWarning } = input;
  const type = root.filesystem.type;
  if (!EXT.has(type) && !ONLINE.has(type)) {
    onWarning(`A file system of type ${type} cannot be grown; it keeps its size`);
    return { grown: false };
  }
  if (layout.table && root.partition) {
    const plan = planGrowth(layout.table, root.partition, layout.sizeBytes);
    if (plan.warning) {
      onWarning(plan.warning);
      return { grown: false };
    }
    // A partition that has its size already was grown by a try that came no further: the file system has not.
    for (const number of plan.grow) await growPartition(runner, layout.device, number);
    if (plan.grow.length > 0) await syncPartitions(runner, layout.device);
  }
  if (EXT.has(type)) await growExt(runner, root.path);
  return { grown: true };
}

/** Grows a mounted xfs or btrfs to the size of its device; an ext file system has grown before. */
export async function growMounted({ view, root, mountPath }: GrowMountedInput): Promise<void> {
  const { type } = root.filesystem;
  if (type === "xfs") await view.runner.run(["xfs_growfs", mountPath]);
  if (type === "btrfs") await view.runner.run(["btrfs", "filesystem", "resize", "max", mountPath]);
}

export interface GrowMountedInput {
  readonly view: MountView;
  readonly root: RootPart;
  readonly mountPath: string;
}

export interface GrowthPlan {
  /** Partitions to grow, in this order: around a logical one the extended one first. */
  readonly grow: readonly number[];
  readonly warning?: string;
}

/** Which partitions must grow so that this one reaches the end of the disk. */
export function planGrowth(table: PartitionTable, root: Partition, diskBytes: number): GrowthPlan {
  const extended = table.partitions.find(({ role }) => role === "extended");
  const around = root.role === "logical" && extended ? [extended] : [];
  const isInTheWay = ({ number, startBytes, role }: Partition) =>
    number !== root.number && role !== "extended" && startBytes > root.startBytes;
  const next = [...table.partitions].sort((a, b) => a.startBytes - b.startBytes).find(isInTheWay);
  const isExtendedNext = around.length === 0 && extended !== undefined && extended.startBytes > root.startBytes;
  if (next || isExtendedNext) {
    const blocker = isExtendedNext && extended ? extended.number : next?.number;
    return {
      grow: [],
      warning: `Partition ${root.number} is followed by partition ${blocker} on the disk; it keeps its size`,
    };
  }
  const freeBytes = diskBytes - (root.startBytes + root.sizeBytes);
  // The backup table of a GPT takes 33 sectors.
  const reserveBytes = table.kind === "gpt" ? 33 * table.sectorBytes : 0;
  if (freeBytes - reserveBytes < MIN_GROWTH_BYTES) return { grow: [] };
  return { grow: [...around.map(({ number }) => number), root.number] };
}

/** sfdisk moves the backup GPT to the new end by itself; the kernel is told afterwards, since it may have no parser. */
async function growPartition(runner: CommandRunner, device: string, number: number): Promise<void> {
  const sfdisk = ["sfdisk", "--no-reread", "--no-tell-kernel", "-N", String(number), device];
  await runner.run(["flock", "--exclusive", "--wait", "30", device, ...sfdisk], { input: ", +\n" });
}

/** resize2fs insists on a file system that was checked just now. e2fsck's 1 and 2 mean that it repaired something. */
async function growExt(runner: CommandRunner, path: string): Promise<void> {
  await runner.run(["e2fsck", "-f", "-p", path], { okExitCodes: [0, 1, 2] }).catch((cause) => {
    if (!(cause instanceof CommandError)) throw cause;
    const feature = findNewerFeature(cause.stderr);
    const why =
      feature === undefined ? "it is damaged" : `this machine's e2fsck is too old for a feature of it, ${feature}`;
    throw new DeviceError(`The file system on "${path}" cannot grow: ${why}`, { cause });
  });
  await runner.run(["resize2fs", path]);
}
