import { DeviceError } from "../common/errors.ts";
import { kernelNameOf, readBlockDevice, resolveBlockDevice } from "./block-device.ts";
import { CommandError } from "./command-error.ts";
import { type Partition, type PartitionTable, partitionPath } from "./partition.ts";
import type { CommandRunner } from "./run-command.ts";
import { syncPartitions } from "./sync-partitions.ts";

/** What a partition or disk holds, as libblkid names it. */
export interface Filesystem {
  /** `ext4`, `xfs`, `btrfs`, `vfat`; also `swap`, `LVM2_member`, `crypto_LUKS`, `linux_raid_member`, `zfs_member`. */
  readonly type: string;
  /** Empty when it has none. */
  readonly uuid: string;
  readonly label: string;
}

/** One place of a volume that can hold a file system. */
export interface VolumePart {
  /** Partition number; 0 is the whole device. */
  readonly number: number;
  readonly path: string;
  /** `undefined` for the whole device. */
  readonly partition: Partition | undefined;
  /** `undefined` when nothing known is there. */
  readonly filesystem: Filesystem | undefined;
}

/** A volume's partition table and what its partitions hold. */
export interface VolumeLayout {
  readonly device: string;
  readonly sizeBytes: number;
  readonly table: PartitionTable | undefined;
  /** The partitions without the extended one; without a table the whole device alone. */
  readonly parts: readonly VolumePart[];
}

/** blkid's exit codes. @see blkid(8) */
const NOTHING_FOUND = 2;
const AMBIVALENT = 8;

/**
 * What is on a device node, read from the node itself and not from blkid's cache.
 * @returns `undefined` when blkid knows nothing that is there
 * @throws {DeviceError} when several file systems claim it
 */
export async function probeFilesystem(runner: CommandRunner, path: string): Promise<Filesystem | undefined> {
  const argv = ["blkid", "--probe", "--output", "udev", path];
  const { stdout } = await runner.run(argv, { okExitCodes: [0, NOTHING_FOUND], brief: {} }).catch((error) => {
    if (!(error instanceof CommandError) || error.status.code !== AMBIVALENT) throw error;
    const hint = "Wipe the stale signature with wipefs in pre_mount_commands";
    throw new DeviceError(`"${path}" carries the signatures of several file systems`, { cause: error, hint });
  });
  return parseProbe(stdout);
}

/** Reads blkid's lines for udev, the one of its formats that keeps every character of a label, as bytes `\xNN`. */
export function parseProbe(text: string): Filesystem | undefined {
  const values = new Map(
    text.split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)] as const;
    }),
  );
  const type = values.get("ID_FS_TYPE");
  if (!type) return undefined;
  return { type, uuid: values.get("ID_FS_UUID") ?? "", label: decodeBytes(values.get("ID_FS_LABEL_ENC") ?? "") };
}

function decodeBytes(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/**
 * Makes the kernel know a volume's partitions and looks at what each holds.
 * @throws {DeviceError} when its table is broken
 */
export async function readVolumeLayout(runner: CommandRunner, path: string): Promise<VolumeLayout> {
  const device = await resolveBlockDevice(path);
  const table = await syncPartitions(runner, device);
  const sizeBytes = (await readBlockDevice(await kernelNameOf(device)))?.sizeBytes ?? 0;
  const places = table
    ? table.partitions
        .filter(({ role }) => role !== "extended")
        .map((partition) => ({ number: partition.number, partition }))
    : [{ number: 0, partition: undefined }];
  const parts: VolumePart[] = [];
  for (const { number, partition } of places) {
    const node = partitionPath(device, number);
    parts.push({ number, path: node, partition, filesystem: await probeFilesystem(runner, node) });
  }
  return { device, sizeBytes, table, parts };
}

/** A volume's parts, one to a line, for messages: `1: ext4 "cloudimg-rootfs"`. */
export function describeParts(parts: readonly VolumePart[]): string {
  if (parts.length === 0) return "no partitions";
  const lines = parts.map(({ number, filesystem, partition }) => {
    const name = filesystem?.label || partition?.name;
    return `${number}: ${filesystem?.type ?? "nothing known"}${name ? ` "${name}"` : ""}`;
  });
  return lines.join(", ");
}
