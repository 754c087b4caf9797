import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { DeviceError } from "../common/errors.ts";
import { kernelNameOf, readAttribute } from "./block-device.ts";
import { readGpt } from "./gpt.ts";
import { detectTable, readMbr } from "./mbr.ts";
import type { DiskBytes, PartitionTable } from "./partition.ts";

/**
 * Reads the partition table of a block device or image file itself, since the kernel may have no parser for it.
 * @returns `undefined` when there is none: the disk is empty, or a file system takes all of it
 * @throws {DeviceError} when it cannot be read, or its table is broken
 */
export async function readPartitionTable(path: string): Promise<PartitionTable | undefined> {
  const fd = openDisk(path);
  try {
    const isDevice = fstatSync(fd).isBlockDevice();
    return parsePartitionTable(isDevice ? await describeDevice(fd, path) : describeFile(fd, path));
  } finally {
    closeSync(fd);
  }
}

/** The rules of {@link readPartitionTable}, for any bytes. */
export function parsePartitionTable(disk: DiskBytes): PartitionTable | undefined {
  const firstSector = disk.read(0, 512);
  const kind = detectTable(firstSector);
  if (kind === undefined) return undefined;
  return kind === "gpt" ? readGpt(disk) : readMbr(disk, firstSector);
}

function openDisk(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw new DeviceError(`Cannot open "${path}"`, { cause });
  }
}

async function describeDevice(fd: number, path: string): Promise<DiskBytes> {
  const folder = `/sys/class/block/${await kernelNameOf(path)}`;
  const sectors = Number((await readAttribute(`${folder}/size`)) ?? 0);
  const sectorBytes = Number((await readAttribute(`${folder}/queue/logical_block_size`)) ?? 512);
  return { path, sizeBytes: sectors * 512, sectorBytes, read: (offset, length) => readAt(fd, offset, length, path) };
}

function describeFile(fd: number, path: string): DiskBytes {
  const { size } = fstatSync(fd);
  return { path, sizeBytes: size, sectorBytes: 512, read: (offset, length) => readAt(fd, offset, length, path) };
}

function readAt(fd: number, offset: number, length: number, path: string): Buffer {
  if (!Number.isSafeInteger(offset)) return Buffer.alloc(0);
  const bytes = Buffer.alloc(length);
  try {
    let done = 0;
    for (let count = -1; count !== 0 && done < length; done += count) {
      count = readSync(fd, bytes, done, length - done, offset + done);
    }
    return bytes.subarray(0, done);
  } catch (cause) {
    throw new DeviceError(`Cannot read "${path}"`, { cause });
  }
}
