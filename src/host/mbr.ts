import { DeviceError } from "../common/errors.ts";
import type { DiskBytes, Partition, PartitionTable } from "./partition.ts";

/** An MBR counts in sectors and has four entries of 16 bytes at 446. */
const ENTRIES_AT = 446;
const ENTRY_BYTES = 16;
const BOOT_SIGNATURE = 0xaa55;
const GPT_PROTECTIVE = 0xee;
const EXTENDED_TYPES = new Set([0x05, 0x0f, 0x85]);
/** Linux stops at 256 partitions of a disk; a longer chain of logical ones is a loop or a joke. */
const MAX_LOGICAL = 252;

interface Entry {
  readonly bootFlag: number;
  readonly type: number;
  readonly first: number;
  readonly count: number;
}

/** What the first sector says the disk has. A file system that merely ends its boot sector in 55 AA has no table. */
export function detectTable(firstSector: Buffer): "gpt" | "dos" | undefined {
  if (firstSector.length < 512 || firstSector.readUInt16LE(510) !== BOOT_SIGNATURE) return undefined;
  const entries = readEntries(firstSector);
  if (entries.some(({ type }) => type === GPT_PROTECTIVE)) return "gpt";
  const isBootSector = entries.some(({ bootFlag }) => bootFlag !== 0 && bootFlag !== 0x80) || isFat(firstSector);
  if (isBootSector) return undefined;
  // `parted mklabel msdos` leaves an empty table, which a disk identifier tells from a boot sector.
  return entries.some(isUsed) || firstSector.readUInt32LE(440) !== 0 ? "dos" : undefined;
}

/**
 * Reads an MBR with its logical partitions, which count from 5 whatever number the extended one has.
 * @throws {DeviceError} when an entry or the chain of the extended partition is impossible
 */
export function readMbr(disk: DiskBytes, firstSector: Buffer): PartitionTable {
  const id = firstSector.readUInt32LE(440).toString(16).padStart(8, "0");
  const entries = readEntries(firstSector).map((entry, index) => ({ entry, number: index + 1 }));
  const primary = entries
    .filter(({ entry }) => isUsed(entry))
    .map(({ entry, number }) => describe(entry, { disk, id, number, base: 0 }));
  const extended = entries.find(({ entry }) => isUsed(entry) && EXTENDED_TYPES.has(entry.type));
  const logical = extended ? readLogical(disk, extended.entry, id) : [];
  return { kind: "dos", sectorBytes: disk.sectorBytes, id, partitions: [...primary, ...logical], warnings: [] };
}

/** Each logical partition has a table of its own: its place relative to that table, and the next table's place. */
function readLogical(disk: DiskBytes, extended: Entry, id: string): Partition[] {
  const partitions: Partition[] = [];
  const visited = new Set<number>();
  for (let at: number | undefined = extended.first; at !== undefined; ) {
    if (visited.has(at) || visited.size >= MAX_LOGICAL)
      throw broken(disk, "the chain of logical partitions does not end");
    visited.add(at);
    const sector = disk.read(at * disk.sectorBytes, 512);
    if (sector.length < 512 || sector.readUInt16LE(510) !== BOOT_SIGNATURE) {
      if (partitions.length === 0 && visited.size === 1) return []; // an extended partition that was never filled
      throw broken(disk, "the chain of logical partitions leads to a sector that is not a table");
    }
    const entries = readEntries(sector).slice(0, 2).filter(isUsed);
    const data = entries.find(({ type }) => !EXTENDED_TYPES.has(type));
    const next = entries.find(({ type }) => EXTENDED_TYPES.has(type));
    if (data) partitions.push(describe(data, { disk, id, number: 5 + partitions.length, base: at }));
    at = next && extended.first + next.first;
    if (at !== undefined && (at < extended.first || at >= extended.first + extended.count)) {
      throw broken(disk, "the chain of logical partitions leaves the extended partition");
    }
  }
  return partitions;
}

interface EntryPlace {
  readonly disk: DiskBytes;
  readonly id: string;
  readonly number: number;
  /** Sector that the entry's first sector is relative to. */
  readonly base: number;
}

function describe({ type, first, count }: Entry, { disk, id, number, base }: EntryPlace): Partition {
  const startBytes = (base + first) * disk.sectorBytes;
  const sizeBytes = count * disk.sectorBytes;
  if (first === 0 || startBytes + sizeBytes > disk.sizeBytes)
    throw broken(disk, `partition ${number} is outside the disk`);
  return {
    number,
    startBytes,
    sizeBytes,
    type: `0x${type.toString(16).padStart(2, "0")}`,
    uuid: `${id}-${number.toString(16).padStart(2, "0")}`,
    name: "",
    role: number >= 5 ? "logical" : EXTENDED_TYPES.has(type) ? "extended" : "primary",
  };
}

function readEntries(sector: Buffer): Entry[] {
  return [0, 1, 2, 3].map((index) => {
    const at = ENTRIES_AT + index * ENTRY_BYTES;
    return {
      bootFlag: sector.readUInt8(at),
      type: sector.readUInt8(at + 4),
      first: sector.readUInt32LE(at + 8),
      count: sector.readUInt32LE(at + 12),
    };
  });
}

function isUsed({ type, count }: Entry): boolean {
  return type !== 0 && count !== 0;
}

/** A FAT boot sector has code where a table would be, and its name at one of two places. */
function isFat(sector: Buffer): boolean {
  return sector.toString("latin1", 54, 57) === "FAT" || sector.toString("latin1", 82, 87) === "FAT32";
}

function broken(disk: DiskBytes, problem: string): DeviceError {
  return new DeviceError(`The partition table of "${disk.path}" is broken: ${problem}`);
}
