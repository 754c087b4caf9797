const SECTOR = 512;

/**
 * A program for UEFI that prints a text on the first serial port and halts: a PE32+ image of one section, which needs no
 * relocation.
 *
 * @see Microsoft, PE Format; Intel 64 and IA-32 Software Developer's Manual, volume 2, for the instructions
 */
export function efiProgram(text: string): Buffer {
  const code = Buffer.from([
    ...[0xfc, 0x48, 0x8d, 0x35, 0x1c, 0, 0, 0], // CLD; LEA RSI, text
    ...[0xac, 0x84, 0xc0, 0x74, 0x14, 0x88, 0xc4], // next: LODSB; TEST AL, AL; JZ end; MOV AH, AL
    ...[0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x20, 0x74, 0xfb], // MOV DX, 0x3fd; wait: IN AL, DX; TEST AL, 0x20; JZ wait
    ...[0x88, 0xe0, 0x66, 0xba, 0xf8, 0x03, 0xee, 0xeb, 0xe7], // MOV AL, AH; MOV DX, 0x3f8; OUT DX, AL; JMP next
    ...[0xf4, 0xeb, 0xfd], // end: HLT; JMP end
    ...Buffer.from(`${text}\0`, "latin1"),
  ]);
  const file = Buffer.alloc(2 * SECTOR);
  file.write("MZ", 0);
  file.writeUInt32LE(0x40, 0x3c); // where the PE header is
  file.write("PE\0\0", 0x40);
  file.writeUInt16LE(0x8664, 0x44); // x86-64
  file.writeUInt16LE(1, 0x46); // sections
  file.writeUInt16LE(240, 0x54); // size of the optional header
  file.writeUInt16LE(0x22, 0x56); // executable, large addresses
  writeOptionalHeader(file.subarray(0x58), code.length);
  writeSectionHeader(file.subarray(0x58 + 240), code.length);
  code.copy(file, SECTOR);
  return file;
}

/** Where the code is once it is loaded. */
const CODE_ADDRESS = 0x1000;

function writeOptionalHeader(header: Buffer, codeBytes: number): void {
  header.writeUInt16LE(0x20b, 0); // PE32+
  header.writeUInt32LE(codeBytes, 4);
  header.writeUInt32LE(CODE_ADDRESS, 16); // entry point
  header.writeUInt32LE(CODE_ADDRESS, 20); // base of code
  header.writeUInt32LE(CODE_ADDRESS, 32); // section alignment
  header.writeUInt32LE(SECTOR, 36); // file alignment
  header.writeUInt32LE(2 * CODE_ADDRESS, 56); // size of the image
  header.writeUInt32LE(SECTOR, 60); // size of the headers
  header.writeUInt16LE(10, 68); // an EFI application
  header.writeUInt32LE(16, 108); // directories, all of them empty
}

function writeSectionHeader(header: Buffer, codeBytes: number): void {
  header.write(".text", 0);
  header.writeUInt32LE(codeBytes, 8);
  header.writeUInt32LE(CODE_ADDRESS, 12);
  header.writeUInt32LE(SECTOR, 16); // bytes in the file
  header.writeUInt32LE(SECTOR, 20); // where they are
  header.writeUInt32LE(0x60000020, 36); // code, execute, read
}

const ROOT_SECTOR = 19;
const DATA_SECTOR = 33;

/**
 * A disk that is one FAT12 file system with the layout of a 1.44 MB floppy, and the program at `/EFI/BOOT/BOOTX64.EFI`,
 * where firmware looks for it.
 *
 * @param program At most two sectors
 * @see Microsoft, FAT: General Overview of On-Disk Format
 */
export function efiDisk(program: Buffer): Buffer {
  const disk = Buffer.alloc(2880 * SECTOR);
  Buffer.from([0xeb, 0x3c, 0x90, ...Buffer.from("MSDOS5.0")]).copy(disk);
  // Bytes a sector, sectors a cluster, reserved sectors, FATs, entries of the root, sectors, medium, sectors a FAT.
  Buffer.from([0, 2, 1, 1, 0, 2, 224, 0, 0x40, 0x0b, 0xf0, 9, 0, 18, 0, 2, 0]).copy(disk, 11);
  disk.writeUInt16LE(0xaa55, 510);
  // Clusters 2 and 3 are the two folders, 4 and 5 the file.
  const chains = Buffer.from([0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x05, 0xf0, 0xff]);
  for (const fatSector of [1, 10]) chains.copy(disk, fatSector * SECTOR);
  const cluster = (number: number) => disk.subarray((DATA_SECTOR + number - 2) * SECTOR);
  writeEntry(disk.subarray(ROOT_SECTOR * SECTOR), "EFI        ", { cluster: 2 });
  writeFolder(cluster(2), "BOOT       ", { own: 2, parent: 0, entry: { cluster: 3 } });
  writeFolder(cluster(3), "BOOTX64 EFI", { own: 3, parent: 2, entry: { cluster: 4, bytes: program.length } });
  program.copy(cluster(4));
  return disk;
}

interface Entry {
  readonly cluster: number;
  /** Of a file; a folder has none. */
  readonly bytes?: number;
}

function writeFolder(
  sector: Buffer,
  name: string,
  { own, parent, entry }: { own: number; parent: number; entry: Entry },
) {
  writeEntry(sector, ".          ", { cluster: own });
  writeEntry(sector.subarray(32), "..         ", { cluster: parent });
  writeEntry(sector.subarray(64), name, entry);
}

function writeEntry(at: Buffer, name: string, { cluster, bytes }: Entry): void {
  at.write(name, 0, "latin1");
  at.writeUInt8(bytes === undefined ? 0x10 : 0x20, 11);
  at.writeUInt16LE(cluster, 26);
  at.writeUInt32LE(bytes ?? 0, 28);
}
