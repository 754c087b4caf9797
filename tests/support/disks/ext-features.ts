import { open } from "node:fs/promises";
import { makeFilesystem } from "./loop-disk.ts";

/** Where the three sets of features are on the device: the superblock begins at 1024. @see Linux, struct ext4_super_block */
const SETS = { compat: 1024 + 0x5c, incompat: 1024 + 0x60, roCompat: 1024 + 0x64 } as const;
/** Used by nothing that exists. */
const FROM_THE_FUTURE = 1 << 30;

/**
 * Makes an ext4 with a feature that is newer than every kernel and e2fsck. A kernel ignores one that is `compat`, only reads
 * with one that is `roCompat`, and refuses one that is `incompat`; e2fsck refuses them all.
 */
export async function makeFutureExt4(device: string, set: keyof typeof SETS, ...args: string[]): Promise<void> {
  // Without checksums, so that the superblock is sound with another bit in it.
  await makeFilesystem("ext4", device, "-O", "^metadata_csum", ...args);
  await addFutureFeature(device, set);
}

/** The same to an ext4 that is there, without checksums. */
async function addFutureFeature(device: string, set: keyof typeof SETS): Promise<void> {
  const file = await open(device, "r+");
  try {
    const bits = Buffer.alloc(4);
    await file.read(bits, 0, 4, SETS[set]);
    bits.writeUInt32LE(bits.readUInt32LE() | FROM_THE_FUTURE);
    await file.write(bits, 0, 4, SETS[set]);
    await file.sync();
  } finally {
    await file.close();
  }
}
