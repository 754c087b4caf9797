import { open } from "node:fs/promises";
import { crc32 } from "node:zlib";

/** Bytes to write at an offset so that a device passes for something whose tools need not be installed. */
interface Signature {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** The labels by which libblkid knows what holds file systems one level further down. */
const CRAFTED: Readonly<Record<string, () => readonly Signature[]>> = {
  LVM2_member: () => [{ offset: 512, bytes: lvmLabel() }],
  crypto_LUKS: () => [
    { offset: 0, bytes: Buffer.concat([Buffer.from("LUKS\xba\xbe\0\x01", "latin1"), Buffer.alloc(584)]) },
  ],
  zfs_member: () => Array.from({ length: 8 }, (_, index) => ({ offset: (128 + index) * 1024, bytes: zfsMagic() })),
};

/** Writes a signature onto a device. */
export async function craftSignature(type: string, device: string): Promise<void> {
  const file = await open(device, "r+");
  try {
    for (const { offset, bytes } of CRAFTED[type]?.() ?? []) await file.write(bytes, 0, bytes.length, offset);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** @see lvm2, lib/format_text/layout.h and lib/misc/crc.c: a CRC-32 that starts at this value and is not inverted */
function lvmLabel(): Buffer {
  const start = 0xf597a6cf;
  const label = Buffer.alloc(512);
  label.write("LABELONE", 0, "latin1");
  label.writeBigUInt64LE(1n, 8);
  label.writeUInt32LE(32, 20);
  label.write("LVM2 001", 24, "latin1");
  label.write("outscalechrootoutscalechroottest", 32, "latin1");
  label.writeUInt32LE(~crc32(label.subarray(20), ~start >>> 0) >>> 0, 16);
  return label;
}

/** @see openzfs, include/sys/uberblock_impl.h: UBERBLOCK_MAGIC */
function zfsMagic(): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(0x00bab10cn);
  return bytes;
}
