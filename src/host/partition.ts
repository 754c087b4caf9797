export interface Partition {
  /** As in `/dev/sda1`: from 1; logical partitions of an MBR from 5. */
  readonly number: number;
  readonly startBytes: number;
  readonly sizeBytes: number;
  /** Type GUID in lower case, or `0x83`. */
  readonly type: string;
  /** The `PARTUUID`, in lower case. */
  readonly uuid: string;
  /** The name that a GPT gives it; empty with an MBR. */
  readonly name: string;
  readonly role: "primary" | "extended" | "logical";
  /** A GPT's attribute: nobody mounts it by its type alone. */
  readonly isNoAuto?: boolean;
}

export interface PartitionTable {
  readonly kind: "gpt" | "dos";
  readonly sectorBytes: number;
  /** Disk GUID, or the MBR's disk identifier as eight hexadecimal digits. */
  readonly id: string;
  readonly partitions: readonly Partition[];
  readonly warnings: readonly string[];
}

/** The bytes of a disk, whatever it is made of. */
export interface DiskBytes {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sectorBytes: number;
  /** At most `length` bytes; fewer at the end of the disk. */
  read(offsetBytes: number, length: number): Buffer;
}

/**
 * Path of one partition of a block device.
 *
 * The kernel puts a `p` after a name that ends in a digit: `/dev/xvdf1`, but `/dev/loop0p1`.
 * @param partition Counted from 1; 0 means the device itself
 * @see Linux, block/partitions/core.c, add_partition()
 */
export function partitionPath(device: string, partition: number): string {
  if (partition === 0) return device;
  return /\d$/.test(device) ? `${device}p${partition}` : `${device}${partition}`;
}
