import { type BigIntStats, constants, openSync, readSync, writeSync } from "node:fs";
import { runSync } from "../host/run-sync.ts";
import { fdPath, fdPathForChildren, usingFd } from "./openat.ts";

/** Below this a file's missing blocks are no hole worth keeping: small files lie in the inode on some file systems. */
const SPARSE_FROM_BYTES = 65_536n;
/** From here on starting cp(1) costs less than it saves. */
const LARGE_FROM_BYTES = 16_777_216n;
const BLOCK_BYTES = 512n;

/**
 * Copies the content of a file to another that is empty, holes included.
 * @param from May be open for its path alone
 * @param stats Of `from`
 * @param buffer For what is copied by hand; of any size
 */
export function copyBytes(from: number, to: number, { size, blocks }: BigIntStats, buffer: Buffer): void {
  const isSparse = size >= SPARSE_FROM_BYTES && blocks * BLOCK_BYTES < size;
  if (isSparse || size >= LARGE_FROM_BYTES) copyWithCp(from, to);
  else if (size > 0n) usingFd(openSync(fdPath(from), constants.O_RDONLY), (open) => copyByBuffer(open, to, buffer));
}

function copyByBuffer(from: number, to: number, buffer: Buffer): void {
  for (let size = readSync(from, buffer); size > 0; size = readSync(from, buffer)) {
    for (let done = 0; done < size; ) done += writeSync(to, buffer, done, size - done);
  }
}

/**
 * Node cannot ask for the holes of a file; cp(1) does, and skips them however large they are. With large files it is
 * twice as fast too, as it lets the kernel copy or share the blocks.
 */
function copyWithCp(from: number, to: number): void {
  const argv = ["cp", "--sparse=auto", "--", fdPathForChildren(from), fdPathForChildren(to)] as const;
  const { exitCode, stderr } = runSync(argv);
  if (exitCode !== 0) throw new Error(stderr.trim() || `cp ended with exit code ${exitCode}`);
}
