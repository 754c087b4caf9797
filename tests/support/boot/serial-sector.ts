/** What a guest does once it has printed. */
export type AfterPrinting = "halt" | "reset";

/**
 * A bootable disk of one sector, of a guest that prints a text (at most 300 characters) on its first serial port: enough
 * of an operating system to test how one is watched.
 *
 * @see Intel 64 and IA-32 Software Developer's Manual, volume 2, for the instructions
 */
export function serialSector(text: string, after: AfterPrinting): Buffer {
  const code = [
    ...[0xfc, 0xbe, 0x00, 0x00], // CLD; MOV SI, text (its address goes in below)
    ...[0x2e, 0xac, 0x84, 0xc0], // CS LODSB; TEST AL, AL
    ...[0x74, 0x0f], // JZ end
    ...[0x88, 0xc4], // MOV AH, AL
    ...[0xba, 0xfd, 0x03, 0xec, 0xa8, 0x20, 0x74, 0xf8], // MOV DX, 0x3fd; IN AL, DX; TEST AL, 0x20; JZ wait
  ];
  // Prints AH once the port is empty: MOV AL, AH; MOV DX, 0x3f8; OUT DX, AL; JMP next
  code.push(0x88, 0xe0, 0xba, 0xf8, 0x03, 0xee);
  code.push(0xeb, 0x100 - (code.length + 2 - 4));
  const end = code.length;
  code[9] = end - 10;
  // HLT for ever, or a jump to the reset vector FFFF:0000.
  code.push(...(after === "halt" ? [0xfa, 0xf4, 0xeb, 0xfd] : [0xea, 0x00, 0x00, 0xff, 0xff]));
  const textAddress = 0x7c00 + code.length;
  code[2] = textAddress & 0xff;
  code[3] = textAddress >> 8;
  const sector = Buffer.alloc(512);
  Buffer.from(code).copy(sector);
  sector.write(`${text}\0`, code.length, "latin1");
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}
