import { closeSync, openSync, readSync } from "node:fs";
import { DeviceError } from "../common/errors.ts";

const MAGIC = 0x514649fb;
const HEADER_BYTES = 104;
const EXTERNAL_DATA_FILE = 1n << 2n;

/**
 * Whether a file is a qcow2 image that stands for itself. One that refers to another file would have whoever converts it read
 * any file of this machine.
 * @throws {DeviceError} when it refers to another file, or cannot be read
 * @see QEMU, docs/interop/qcow2.txt
 */
export function isPlainQcow2(path: string): boolean {
  const header = readHeader(path);
  if (header.length < HEADER_BYTES || header.readUInt32BE(0) !== MAGIC) return false;
  const isVersion3 = header.readUInt32BE(4) >= 3;
  const hasDataFile = isVersion3 && (header.readBigUInt64BE(72) & EXTERNAL_DATA_FILE) !== 0n;
  if (header.readBigUInt64BE(8) === 0n && !hasDataFile) return true;
  const hint = "Make one file of it first: qemu-img convert -O qcow2";
  throw new DeviceError(`"${path}" is a qcow2 image that needs another file`, { hint });
}

function readHeader(path: string): Buffer {
  try {
    const fd = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(HEADER_BYTES);
      return bytes.subarray(0, readSync(fd, bytes, 0, HEADER_BYTES, 0));
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw new DeviceError(`Cannot read "${path}"`, { cause });
  }
}
