import { type FileHandle, open, stat } from "node:fs/promises";
import { LocalCloudError } from "../local-cloud-error.ts";

export type DiskFormat = "raw" | "qcow2";

/** The first four bytes of a qcow2 file. @see QEMU, docs/interop/qcow2.rst */
const QCOW2_MAGIC = "QFI\xfb";
const HEADER_BYTES = 104;
/** Bit 2 of the incompatible features, from version 3 on: the guest's data is in another file. */
const EXTERNAL_DATA = 4n;

/**
 * Tells a qcow2 file from a raw disk by its header.
 * @throws {LocalCloudError} for one that cannot be read, or whose content is in another file: the header names any file of
 * this machine it likes, and we read as root
 */
export async function formatOf(disk: string): Promise<DiskFormat> {
  const header = await readHeader(disk);
  if (header.toString("latin1", 0, 4) !== QCOW2_MAGIC) return "raw";
  const other = otherFileOf(header);
  if (other === undefined) return "qcow2";
  const hint = `Make it whole first, if you trust it: qemu-img convert -O qcow2 "${disk}" whole.qcow2`;
  throw new LocalCloudError(`The disk "${disk}" has its content in another file (${other})`, { hint });
}

/**
 * The bytes of the disk in a file, raw or qcow2.
 * @throws {LocalCloudError} as {@link formatOf}
 */
export async function diskBytesOf(disk: string): Promise<number> {
  if ((await formatOf(disk)) === "raw") return (await stat(disk)).size;
  return Number((await readHeader(disk)).readBigUInt64BE(24));
}

/** What of a qcow2 file is elsewhere; undefined when it is whole. */
export function otherFileOf(header: Buffer): string | undefined {
  if (header.length < 72) return "its header is cut short";
  if (header.readBigUInt64BE(8) !== 0n) return "a backing file";
  const hasFeatures = header.readUInt32BE(4) >= 3 && header.length >= 80;
  return hasFeatures && (header.readBigUInt64BE(72) & EXTERNAL_DATA) !== 0n ? "an external data file" : undefined;
}

async function readHeader(disk: string): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    file = await open(disk, "r");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    throw new LocalCloudError(`Cannot read the disk "${disk}"`, { cause });
  } finally {
    await file?.close();
  }
}
