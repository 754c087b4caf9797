import { crc32 } from "node:zlib";
import { DeviceError } from "../common/errors.ts";
import type { DiskBytes, Partition, PartitionTable } from "./partition.ts";

const SIGNATURE = "EFI PART";
const HEADER_BYTES = 92;
/** The specification asks for room for 128; whoever claims thousands wants to make us read. */
const MAX_ENTRIES = 1024;
const MAX_ENTRY_BYTES = 4096;
/** @see The Discoverable Partitions Specification, "Partition Attribute Flags" */
const NO_AUTO = 1n << 63n;
const EMPTY_TYPE = "00000000-0000-0000-0000-000000000000";

interface Header {
  readonly id: string;
  readonly firstUsable: number;
  readonly lastUsable: number;
  readonly entriesAt: number;
  readonly entryCount: number;
  readonly entryBytes: number;
  readonly entriesCrc: number;
}

/**
 * Reads a GUID partition table: the primary one, or the backup at the end of the disk when the primary is damaged.
 * @throws {DeviceError} when neither is sound
 * @see UEFI specification 2.10, 5.3
 */
export function readGpt(disk: DiskBytes): PartitionTable {
  const lastSector = Math.floor(disk.sizeBytes / disk.sectorBytes) - 1;
  const primary = tryTable(disk, 1);
  if (primary.table) return primary.table;
  const backup = tryTable(disk, lastSector);
  if (!backup.table) {
    throw new DeviceError(
      `The GPT of "${disk.path}" is damaged: ${primary.problem}; its backup too: ${backup.problem}`,
    );
  }
  return { ...backup.table, warnings: [`The GPT is damaged (${primary.problem}); its backup is used`] };
}

function tryTable(disk: DiskBytes, sector: number): { readonly table?: PartitionTable; readonly problem?: string } {
  try {
    return { table: readTable(disk, readHeader(disk, sector)) };
  } catch (error) {
    if (error instanceof TableProblem) return { problem: error.message };
    throw error;
  }
}

/** What is wrong with one copy of the table. */
class TableProblem extends Error {}

function readHeader(disk: DiskBytes, sector: number): Header {
  const bytes = disk.read(sector * disk.sectorBytes, disk.sectorBytes);
  if (bytes.length < HEADER_BYTES || bytes.toString("latin1", 0, 8) !== SIGNATURE) throw new TableProblem("no header");
  const size = bytes.readUInt32LE(12);
  if (size < HEADER_BYTES || size > bytes.length) throw new TableProblem("a header of impossible size");
  const checked = Buffer.from(bytes.subarray(0, size));
  checked.writeUInt32LE(0, 16); // the checksum is over the header with its own field zero
  if (crc32(checked) !== bytes.readUInt32LE(16)) throw new TableProblem("a wrong header checksum");
  if (readSector(bytes, 24) !== sector) throw new TableProblem("a header that belongs elsewhere");
  return {
    id: formatGuid(bytes.subarray(56, 72)),
    firstUsable: readSector(bytes, 40),
    lastUsable: readSector(bytes, 48),
    entriesAt: readSector(bytes, 72),
    entryCount: bytes.readUInt32LE(80),
    entryBytes: bytes.readUInt32LE(84),
    entriesCrc: bytes.readUInt32LE(88),
  };
}

function readTable(disk: DiskBytes, header: Header): PartitionTable {
  const { entryCount, entryBytes } = header;
  if (entryCount > MAX_ENTRIES) throw new TableProblem(`${entryCount} entries`);
  if (entryBytes < 128 || entryBytes > MAX_ENTRY_BYTES) throw new TableProblem(`entries of ${entryBytes} bytes`);
  const length = entryCount * entryBytes;
  const entries = disk.read(header.entriesAt * disk.sectorBytes, length);
  if (entries.length < length) throw new TableProblem("entries outside the disk");
  if (crc32(entries) !== header.entriesCrc) throw new TableProblem("a wrong checksum of the entries");
  const partitions: Partition[] = [];
  for (let index = 0; index < entryCount; index += 1) {
    const entry = entries.subarray(index * entryBytes, (index + 1) * entryBytes);
    const type = formatGuid(entry.subarray(0, 16));
    if (type !== EMPTY_TYPE) partitions.push(readEntry(entry, { number: index + 1, type, disk, header }));
  }
  return { kind: "gpt", sectorBytes: disk.sectorBytes, id: header.id, partitions, warnings: [] };
}

interface EntryPlace {
  readonly number: number;
  readonly type: string;
  readonly disk: DiskBytes;
  readonly header: Header;
}

function readEntry(entry: Buffer, { number, type, disk, header }: EntryPlace): Partition {
  const first = readSector(entry, 32);
  const last = readSector(entry, 40);
  const isInside =
    first >= header.firstUsable && last <= header.lastUsable && (last + 1) * disk.sectorBytes <= disk.sizeBytes;
  if (last < first || !isInside) throw new TableProblem(`partition ${number} outside the disk`);
  return {
    number,
    startBytes: first * disk.sectorBytes,
    sizeBytes: (last - first + 1) * disk.sectorBytes,
    type,
    uuid: formatGuid(entry.subarray(16, 32)),
    name: entry.toString("utf16le", 56, 128).replace(/\0.*$/s, ""),
    role: "primary",
    ...((entry.readBigUInt64LE(48) & NO_AUTO) !== 0n && { isNoAuto: true }),
  };
}

/** The first three groups of a GUID are little-endian, the last two are not. */
function formatGuid(bytes: Buffer): string {
  const hex = (from: number, to: number) => bytes.toString("hex", from, to);
  const swapped = (from: number, to: number) => Buffer.from(bytes.subarray(from, to)).reverse().toString("hex");
  return [swapped(0, 4), swapped(4, 6), swapped(6, 8), hex(8, 10), hex(10, 16)].join("-");
}

/** A sector number. Beyond 2^53 it is no place on any disk, and the comparisons that follow refuse it. */
function readSector(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}
