import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { DeviceError, throwIfCancelled } from "../common/errors.ts";
import { assertDeviceNotInUse } from "./device-in-use.ts";
import type { CommandRunner } from "./run-command.ts";

/** A run of blocks that belong to nothing, in bytes. */
interface FreeExtent {
  readonly offset: number;
  readonly length: number;
}

interface Geometry {
  readonly blockSize: number;
  readonly blocksPerGroup: number;
  readonly groups: number;
  readonly blocks: number;
}

const CHUNK_BYTES = 4 * 1024 * 1024;
const ZEROS = Buffer.alloc(CHUNK_BYTES);
const EXTENT = /^\s*(\d+)\s+(\d+)\s+(\d+)$/;

/**
 * Writes zeros over the free blocks of an xfs that is not mounted, those too that it keeps for its own metadata and gives
 * no file. What reads as zeros already is left alone: a disk that is sparse stays so.
 * @param device The file system's own device, such as a partition
 * @returns the bytes that were written
 * @throws {LeftoverError} when the file system is in use, {CommandError} when xfs_db cannot read it or is not there,
 *   {DeviceError} when what it says cannot be right, {CancelledError}
 */
export async function zeroXfsFreeSpace(runner: CommandRunner, device: string, signal: AbortSignal): Promise<number> {
  await assertDeviceNotInUse(device, { signal });
  // Exclusive: nobody mounts it between the list of what is free and the last zero.
  await using file = await open(device, constants.O_RDWR | constants.O_EXCL);
  const geometry = readGeometry(
    await ask(runner, device, ["sb 0", "print blocksize agblocks agcount dblocks"], signal),
  );
  const extents = readExtents(await ask(runner, device, ["freesp -d"], signal), geometry);
  let written = 0;
  for (const extent of extents) written += await zeroExtent(file, extent, signal);
  await file.sync();
  return written;
}

async function ask(
  runner: CommandRunner,
  device: string,
  commands: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const options = commands.flatMap((command) => ["-c", command]);
  const { stdout } = await runner.run(["xfs_db", "-r", ...options, device], { signal });
  return stdout;
}

function readGeometry(text: string): Geometry {
  const values = new Map([...text.matchAll(/^(\w+) = (\d+)$/gm)].map(([, name, value]) => [name, Number(value)]));
  const numberOf = (name: string) => {
    const value = values.get(name);
    if (value === undefined || value === 0) throw new DeviceError(`xfs_db did not say ${name} of the file system`);
    return value;
  };
  return {
    blockSize: numberOf("blocksize"),
    blocksPerGroup: numberOf("agblocks"),
    groups: numberOf("agcount"),
    blocks: numberOf("dblocks"),
  };
}

/**
 * Lines of allocation group, block in it, and length; a histogram follows.
 * @throws {DeviceError} when one lies outside of its group: then the file system is damaged, or the format another
 */
function readExtents(text: string, geometry: Geometry): FreeExtent[] {
  const lines = text.split("\n");
  const histogram = lines.findIndex((line) => /^\s*from\s+to\s+extents/.test(line));
  if (histogram < 0) throw new DeviceError("xfs_db did not list what is free in the file system");
  const rows = lines.slice(0, histogram).flatMap((line) => {
    const found = EXTENT.exec(line);
    return found ? [found.slice(1).map(Number) as [number, number, number]] : [];
  });
  return rows.map(([group, block, length]) => {
    const { blockSize, blocksPerGroup, groups, blocks } = geometry;
    const first = group * blocksPerGroup + block;
    const fits = group < groups && block + length <= blocksPerGroup && first + length <= blocks;
    if (!fits)
      throw new DeviceError(`xfs_db names free blocks outside of the file system: ${group} ${block} ${length}`);
    return { offset: first * blockSize, length: length * blockSize };
  });
}

async function zeroExtent(file: FileHandle, { offset, length }: FreeExtent, signal: AbortSignal): Promise<number> {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, length));
  const end = offset + length;
  let written = 0;
  for (let at = offset; at < end; ) {
    throwIfCancelled(signal);
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) throw new DeviceError(`The device ends at byte ${at}, before its file system does`);
    if (!buffer.subarray(0, bytesRead).equals(ZEROS.subarray(0, bytesRead))) {
      await writeAll(file, bytesRead, at);
      written += bytesRead;
    }
    at += bytesRead;
  }
  return written;
}

async function writeAll(file: FileHandle, length: number, offset: number): Promise<void> {
  for (let done = 0; done < length; ) {
    done += (await file.write(ZEROS, 0, length - done, offset + done)).bytesWritten;
  }
}
