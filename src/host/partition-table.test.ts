import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { DeviceError } from "../common/errors.ts";
import { type DiskBytes, partitionPath } from "./partition.ts";
import { parsePartitionTable } from "./partition-table.ts";

const SECTOR = 512;
const SECTORS = 2048;
const LINUX = "af3dc60f838472478e793d69d8477de4"; // 0fc63daf-8483-4772-8e79-3d69d8477de4 as it lies on the disk

interface MbrEntry {
  readonly type: number;
  readonly first: number;
  readonly count: number;
  readonly flag?: number;
}

function writeMbr(bytes: Buffer, entries: readonly MbrEntry[], sector = 0, id = 0): void {
  bytes.writeUInt32LE(id, sector * SECTOR + 440);
  bytes.writeUInt16LE(0xaa55, sector * SECTOR + 510);
  for (const [index, { type, first, count, flag }] of entries.entries()) {
    const at = sector * SECTOR + 446 + index * 16;
    bytes.writeUInt8(flag ?? 0, at);
    bytes.writeUInt8(type, at + 4);
    bytes.writeUInt32LE(first, at + 8);
    bytes.writeUInt32LE(count, at + 12);
  }
}

const mbrDisk = (entries: readonly MbrEntry[], id = 0xdeadbeef): Buffer => {
  const bytes = Buffer.alloc(SECTORS * SECTOR);
  writeMbr(bytes, entries, 0, id);
  return bytes;
};

interface GptChange {
  readonly entryCount?: number;
  readonly entryBytes?: number;
  readonly last?: bigint;
}

function writeGptHeader(bytes: Buffer, sector: number, entriesAt: number, change: GptChange): void {
  const entryCount = change.entryCount ?? 8;
  const entryBytes = change.entryBytes ?? 128;
  const at = sector * SECTOR;
  const entries = entriesAt * SECTOR;
  bytes.write(LINUX, entries + 128, "hex"); // number 2: number 1 is free
  bytes.fill(0x11, entries + 144, entries + 160);
  bytes.writeBigUInt64LE(40n, entries + 160);
  bytes.writeBigUInt64LE(change.last ?? 139n, entries + 168);
  bytes.write("root", entries + 184, "utf16le");
  bytes.write("EFI PART", at, "latin1");
  bytes.writeUInt32LE(92, at + 12);
  bytes.writeBigUInt64LE(BigInt(sector), at + 24);
  bytes.writeBigUInt64LE(34n, at + 40);
  bytes.writeBigUInt64LE(BigInt(SECTORS - 34), at + 48);
  bytes.writeBigUInt64LE(BigInt(entriesAt), at + 72);
  bytes.writeUInt32LE(entryCount, at + 80);
  bytes.writeUInt32LE(entryBytes, at + 84);
  bytes.writeUInt32LE(crc32(bytes.subarray(entries, entries + 8 * 128)), at + 88);
  bytes.writeUInt32LE(0, at + 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(at, at + 92)), at + 16);
}

function gptDisk(change: GptChange = {}): Buffer {
  const bytes = mbrDisk([{ type: 0xee, first: 1, count: SECTORS - 1 }], 0);
  writeGptHeader(bytes, 1, 2, change);
  writeGptHeader(bytes, SECTORS - 1, SECTORS - 33, change);
  return bytes;
}

const diskOf = (bytes: Buffer): DiskBytes => ({
  path: "disk",
  sizeBytes: bytes.length,
  sectorBytes: SECTOR,
  read: (offset, length) => bytes.subarray(Math.min(offset, bytes.length), Math.min(offset + length, bytes.length)),
});

const parse = (bytes: Buffer) => parsePartitionTable(diskOf(bytes));

describe("parsePartitionTable() of a GPT", () => {
  test("reads numbers, places, type, PARTUUID and name", () => {
    expect(parse(gptDisk())).toMatchObject({
      kind: "gpt",
      warnings: [],
      partitions: [
        {
          number: 2,
          startBytes: 40 * SECTOR,
          sizeBytes: 100 * SECTOR,
          type: "0fc63daf-8483-4772-8e79-3d69d8477de4",
          uuid: "11111111-1111-1111-1111-111111111111",
          name: "root",
          role: "primary",
        },
      ],
    });
  });

  test.each([
    { what: "the header", at: SECTOR + 56, problem: "a wrong header checksum" },
    { what: "the entries", at: 2 * SECTOR + 140, problem: "a wrong checksum of the entries" },
    { what: "the signature", at: SECTOR, problem: "no header" },
  ])("uses the backup and says so when $what is damaged", ({ at, problem }) => {
    const bytes = gptDisk();
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
    expect(parse(bytes)).toMatchObject({
      partitions: [{ number: 2 }],
      warnings: [`The GPT is damaged (${problem}); its backup is used`],
    });
  });

  test.each([
    { why: "claims absurdly many entries", change: { entryCount: 0xffffffff }, problem: "4294967295 entries" },
    { why: "claims tiny entries", change: { entryBytes: 8 }, problem: "entries of 8 bytes" },
    { why: "claims huge entries", change: { entryBytes: 1 << 20 }, problem: "entries of 1048576 bytes" },
    { why: "has a partition past the end", change: { last: 10_000_000n }, problem: "partition 2 outside the disk" },
    { why: "has a partition of negative size", change: { last: 3n }, problem: "partition 2 outside the disk" },
    {
      why: "has a partition that ends beyond every number",
      change: { last: 2n ** 64n - 1n },
      problem: "partition 2 outside",
    },
  ])("is refused when it $why", ({ change, problem }) => {
    expect(() => parse(gptDisk(change))).toThrow(DeviceError);
    expect(() => parse(gptDisk(change))).toThrow(problem);
  });

  test("is refused when the protective MBR is all there is", () => {
    expect(() => parse(mbrDisk([{ type: 0xee, first: 1, count: 10 }]))).toThrow("its backup too: no header");
  });
});

describe("parsePartitionTable() of an MBR", () => {
  test("reads primary partitions with their PARTUUIDs", () => {
    const table = parse(
      mbrDisk([
        { type: 0x83, first: 64, count: 100, flag: 0x80 },
        { type: 0x82, first: 200, count: 50 },
      ]),
    );
    expect(table).toMatchObject({
      kind: "dos",
      id: "deadbeef",
      partitions: [
        {
          number: 1,
          startBytes: 64 * SECTOR,
          sizeBytes: 100 * SECTOR,
          type: "0x83",
          uuid: "deadbeef-01",
          role: "primary",
        },
        { number: 2, type: "0x82", uuid: "deadbeef-02" },
      ],
    });
  });

  test("follows the chain of logical partitions, which count from 5", () => {
    const bytes = mbrDisk([
      { type: 0x83, first: 64, count: 100 },
      { type: 0x05, first: 200, count: 1000 },
    ]);
    writeMbr(
      bytes,
      [
        { type: 0x83, first: 8, count: 92 },
        { type: 0x05, first: 100, count: 200 },
      ],
      200,
    );
    writeMbr(bytes, [{ type: 0x83, first: 8, count: 50 }], 300);
    expect(parse(bytes)?.partitions.map(({ number, startBytes, role }) => [number, startBytes / SECTOR, role])).toEqual(
      [
        [1, 64, "primary"],
        [2, 200, "extended"],
        [5, 208, "logical"],
        [6, 308, "logical"],
      ],
    );
  });

  test("is refused when the chain of logical partitions loops", () => {
    const bytes = mbrDisk([{ type: 0x0f, first: 200, count: 1000 }]);
    writeMbr(
      bytes,
      [
        { type: 0x83, first: 8, count: 92 },
        { type: 0x05, first: 100, count: 200 },
      ],
      200,
    );
    writeMbr(
      bytes,
      [
        { type: 0x83, first: 8, count: 50 },
        { type: 0x05, first: 0, count: 100 },
      ],
      300,
    );
    expect(() => parse(bytes)).toThrow("does not end");
  });

  test("is refused when the chain of logical partitions leaves the extended one", () => {
    const bytes = mbrDisk([{ type: 0x0f, first: 200, count: 300 }]);
    writeMbr(
      bytes,
      [
        { type: 0x83, first: 8, count: 92 },
        { type: 0x05, first: 900, count: 200 },
      ],
      200,
    );
    expect(() => parse(bytes)).toThrow("leaves the extended partition");
  });

  test("takes an extended partition that was never filled", () => {
    expect(parse(mbrDisk([{ type: 0x05, first: 200, count: 300 }]))?.partitions).toHaveLength(1);
  });

  test("is refused when a partition lies outside the disk", () => {
    expect(() => parse(mbrDisk([{ type: 0x83, first: 64, count: 4_000_000 }]))).toThrow("partition 1 is outside");
  });

  test("knows an empty table by its identifier", () => {
    expect(parse(mbrDisk([]))).toMatchObject({ kind: "dos", partitions: [] });
  });
});

describe("parsePartitionTable() finds no table", () => {
  const fat = mbrDisk([{ type: 0x83, first: 64, count: 100 }]);
  fat.write("FAT32   ", 82, "latin1");
  test.each([
    { of: "an empty disk", bytes: Buffer.alloc(4096) },
    { of: "a disk of no size", bytes: Buffer.alloc(0) },
    { of: "boot code that ends in 55 AA", bytes: mbrDisk([{ type: 0x41, first: 9, count: 9, flag: 0x66 }]) },
    { of: "a FAT boot sector", bytes: fat },
    { of: "zeros that end in 55 AA", bytes: mbrDisk([], 0) },
  ])("in $of", ({ bytes }) => {
    expect(parse(bytes)).toBeUndefined();
  });
});

test.each([
  ["/dev/xvdf", 1, "/dev/xvdf1"],
  ["/dev/sdaa", 15, "/dev/sdaa15"],
  ["/dev/loop0", 2, "/dev/loop0p2"],
  ["/dev/nvme1n1", 1, "/dev/nvme1n1p1"],
  ["/dev/mmcblk0", 3, "/dev/mmcblk0p3"],
  ["/dev/loop0", 0, "/dev/loop0"],
])("partitionPath(%j, %i) is %j", (device, number, path) => {
  expect(partitionPath(device, number)).toBe(path);
});
