import { closeSync, constants, openSync } from "node:fs";
import { readdir, readFile, readlink, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { isErrno } from "../common/errno.ts";
import { DeviceError } from "../common/errors.ts";

/** Sysfs counts sizes in units of 512 bytes, whatever the device's own sector size. */
const SYSFS_SECTOR_BYTES = 512;

/**
 * The device node behind a path, links resolved: `/dev/xvdf` may be `/dev/sda`.
 * @throws {DeviceError} when there is nothing, or no block device
 */
export async function resolveBlockDevice(path: string): Promise<string> {
  const real = await realpath(path).catch((cause) => {
    throw new DeviceError(`Cannot find the device "${path}"`, { cause });
  });
  if (!(await stat(real)).isBlockDevice()) throw new DeviceError(`"${path}" is not a block device`);
  return real;
}

/** `MAJOR:MINOR` of a device node, as mountinfo and sysfs write it. */
async function readDeviceNumber(path: string): Promise<string> {
  return formatDeviceNumber((await stat(path)).rdev);
}

/** `MAJOR:MINOR` of the file system that something is on, as stat(2) has it; empty when there is nothing. */
export async function readFilesystemDevice(path: string): Promise<string> {
  const entry = await stat(path).catch(() => undefined);
  return entry ? formatDeviceNumber(entry.dev) : "";
}

/** A `dev_t` as Node gives it, as `MAJOR:MINOR`. @see glibc, gnu_dev_major() */
export function formatDeviceNumber(dev: number): string {
  const wide = BigInt(dev);
  const major = ((wide >> 8n) & 0xfffn) | ((wide >> 32n) & 0xfffff000n);
  const minor = (wide & 0xffn) | ((wide >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}

/** A whole disk as sysfs shows it. */
export interface BlockDevice {
  /** The kernel's name: `sda`, `nvme1n1`, `loop3`. */
  readonly name: string;
  /** 0 while a loop device or card reader has no medium. */
  readonly sizeBytes: number;
  /** Changes when another disk comes under the same name: device number and the kernel's disk sequence number. */
  readonly identity: string;
}

/** Every whole disk that has a medium. */
export async function listBlockDevices(sysfs = "/sys"): Promise<BlockDevice[]> {
  const names = await readdir(join(sysfs, "block"));
  const devices = await Promise.all(names.sort().map((name) => readBlockDevice(name, sysfs)));
  return devices.filter((device) => device !== undefined && device.sizeBytes > 0) as BlockDevice[];
}

/** One whole disk by its kernel name; `undefined` when it is gone. */
export async function readBlockDevice(name: string, sysfs = "/sys"): Promise<BlockDevice | undefined> {
  const folder = join(sysfs, "block", name);
  const [number, sectors, sequence] = await Promise.all(
    ["dev", "size", "diskseq"].map((file) => readAttribute(join(folder, file))),
  );
  if (number === undefined || sectors === undefined) return undefined;
  // Kernels before 5.15 have no diskseq; the device number alone still tells most disks apart.
  return { name, sizeBytes: Number(sectors) * SYSFS_SECTOR_BYTES, identity: `${number} ${sequence ?? ""}` };
}

/**
 * The serial a disk carries, wherever its driver puts it; `undefined` when it has none.
 * @see Linux, drivers/scsi/scsi_sysfs.c (vpd_pg80), drivers/block/virtio_blk.c and drivers/nvme/host/sysfs.c (serial)
 */
export async function readSerial(name: string, sysfs = "/sys"): Promise<string | undefined> {
  const folder = join(sysfs, "block", name);
  // VPD page 80h: a header of four bytes, then the serial.
  const page = await readFile(join(folder, "device/vpd_pg80")).catch(() => undefined);
  if (page && page.length > 4) return tidySerial(page.subarray(4, 4 + page.readUInt16BE(2)).toString("latin1"));
  const text = (await readAttribute(join(folder, "serial"))) ?? (await readAttribute(join(folder, "device/serial")));
  return text === undefined ? undefined : tidySerial(text);
}

/** A sysfs attribute without its newline; `undefined` when it is not there. */
export async function readAttribute(path: string): Promise<string | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text?.replace(/\n$/, "");
}

/** The kernel's name of a device node: that of the disk or partition with this device number. */
export async function kernelNameOf(device: string, sysfs = "/sys"): Promise<string> {
  const number = await readDeviceNumber(device);
  const target = await readlink(join(sysfs, "dev/block", number)).catch((cause) => {
    throw new DeviceError(`The kernel has no block device ${number} behind "${device}"`, { cause });
  });
  return basename(target);
}

/** The kernel's names of a disk's partitions. */
export async function listPartitionNames(name: string, sysfs = "/sys"): Promise<string[]> {
  const folder = join(sysfs, "block", name);
  const entries = await readdir(folder).catch(() => []);
  const numbers = await Promise.all(entries.map((entry) => readAttribute(join(folder, entry, "partition"))));
  return entries.filter((_, index) => numbers[index] !== undefined).sort();
}

/**
 * Opens a device exclusively and closes it again. The kernel refuses while it, its whole disk or (for a disk) one of
 * its partitions is mounted, swapped on or held by another device, in whatever namespace.
 * @returns false when it is in use
 */
export function canOpenExclusively(device: string): boolean {
  try {
    closeSync(openSync(device, constants.O_RDONLY | constants.O_EXCL | constants.O_NONBLOCK));
    return true;
  } catch (error) {
    if (isErrno(error, "EBUSY")) return false;
    throw new DeviceError(`Cannot open "${device}"`, { cause: error });
  }
}

function tidySerial(text: string): string | undefined {
  return text.replaceAll("\0", "").trim() || undefined;
}
