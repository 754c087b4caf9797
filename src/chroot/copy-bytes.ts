import { type ChildProcessByStdio, spawn } from "node:child_process";
import { type BigIntStats, constants, fstatSync, readSync, writeSync } from "node:fs";
import type { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { isErrno } from "../common/errno.ts";
import { describeExit, type ExitStatus } from "../host/command-error.ts";
import { hostEnvironment } from "../host/host-environment.ts";
import { locateProgram } from "../host/program-path.ts";
import type { CopyBudget } from "./copy-budget.ts";
import { fdPathForChildren, reopenFile, usingFd } from "./openat.ts";

/** Asked now and then by who copies: true when the copying is to end. It works in a thread, too. */
export type IsStopped = () => boolean;

/** How the copying of one file is watched. */
export interface CopyWatch {
  readonly isStopped: IsStopped;
  /** What may be written; without one, there is no bound. */
  readonly budget?: CopyBudget | undefined;
}

/** A file to copy from. */
export interface CopySource {
  readonly fd: number;
  readonly stats: BigIntStats;
  /** Its content can be read from the descriptor; otherwise that only stands for it (O_PATH). */
  readonly isReadable: boolean;
}

/** The copying was asked to stop. Who asked knows why. */
export class CopyStopped extends Error {
  constructor() {
    super("The copying was stopped");
  }
}

/** Below this a file's missing blocks are no hole worth keeping: small files lie in the inode on some file systems. */
const SPARSE_FROM_BYTES = 65_536n;
/** From here on starting a program costs less than it saves. */
const LARGE_FROM_BYTES = 16_777_216n;
/** It fits into the cache of a core. */
const BUFFER_BYTES = 128 * 1024;
const BLOCK_BYTES = 512n;
const WATCH_EVERY_MS = 50;
/** In all a little more than the 45 s after which the kernel takes a lease. */
const LEASE_ATTEMPTS = 1_000;
/** A file system may set blocks aside for a file that grows: as many again, and some. */
const SPARE_BYTES = 64n * 1024n * 1024n;

const buffer = Buffer.allocUnsafe(BUFFER_BYTES);

/** Has a file holes that are to be kept? */
function isSparse({ size, blocks }: BigIntStats): boolean {
  return size >= SPARSE_FROM_BYTES && blocks * BLOCK_BYTES < size;
}

/** Is a file better copied by a program of its own? */
export function isForProgram(stats: BigIntStats): boolean {
  return stats.size >= LARGE_FROM_BYTES || isSparse(stats);
}

/** Copies a file by itself, from and to open descriptors. */
export function copySmall(from: number, to: number, { isStopped, budget }: CopyWatch): void {
  for (;;) {
    const size = readSync(from, buffer);
    budget?.take(BigInt(size));
    for (let done = 0; done < size; ) done += writeSync(to, buffer, done, size - done);
    // Regular files are read in full, so what is shorter is the end.
    if (size < BUFFER_BYTES) return;
    if (isStopped()) throw new CopyStopped();
  }
}

/**
 * Copies a large or sparse file with a program, which lets the kernel copy or share the blocks: Node cannot ask for that, nor
 * for the holes of a file. It ends when it is asked to, and when it writes more than the file had: a process of the image
 * may make it grow for ever.
 */
async function copyWithProgram(
  { fd: from, stats }: CopySource,
  to: number,
  { isStopped, budget }: CopyWatch,
): Promise<void> {
  const { size, blocks } = stats;
  const dataBytes = blocks * BLOCK_BYTES < size ? blocks * BLOCK_BYTES : size;
  budget?.take(dataBytes);
  const most = budget === undefined ? undefined : 2n * dataBytes + SPARE_BYTES;
  const program = isSparse(stats)
    ? startProgram(["cp", "--sparse=auto", "--", fdPathForChildren(from), fdPathForChildren(to)], ["ignore", "ignore"])
    : usingFd(await openToRead(from, isStopped), (open) => startProgram(["cat"], [open, to]));
  let said = "";
  program.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  let ended: ExitStatus | undefined;
  const exited = new Promise<void>((resolve, reject) => {
    program.once("error", reject);
    program.once("close", (code, signal) => {
      ended = { code, signal };
      resolve();
    });
  });
  while (ended === undefined) {
    await Promise.race([exited, setTimeout(WATCH_EVERY_MS)]);
    if (ended !== undefined) break;
    const isTooMuch = most !== undefined && fstatSync(to, { bigint: true }).blocks * BLOCK_BYTES > most;
    if (!isTooMuch && !isStopped()) continue;
    program.kill("SIGKILL");
    await exited;
    throw isTooMuch ? new Error("It grows while it is copied") : new CopyStopped();
  }
  if (ended.code !== 0) throw new Error(said.trim() || `The program that copies it ended with ${describeExit(ended)}`);
}

/**
 * cp(1) skips holes, however large they are. It empties the file that it writes to first, and ext4 takes that for a file that
 * is replaced, whose content it writes out at the end; so what has no holes goes through cat(1), which has our descriptors.
 */
function startProgram(
  argv: readonly string[],
  files: readonly ["ignore" | number, "ignore" | number],
): ChildProcessByStdio<null, null, Readable> {
  // When we are killed, it ends too, and holds no image any longer.
  return spawn(locateProgram("setpriv"), ["--pdeathsig", "KILL", ...argv], {
    env: hostEnvironment(),
    stdio: [...files, "pipe"],
  }) as ChildProcessByStdio<null, null, Readable>;
}

/**
 * Who has a lease on a file gives it up when he hears of us, or the kernel takes it after a while; a process of the image may
 * take it again and again. Meanwhile we can be asked to stop, which an open(2) that waits cannot.
 * @see fcntl(2), F_SETLEASE
 */
async function openToRead(fd: number, isStopped: IsStopped): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      return reopenFile(fd, constants.O_RDONLY);
    } catch (error) {
      if (!isErrno(error, "EAGAIN") || attempt === LEASE_ATTEMPTS) throw error;
      if (isStopped()) throw new CopyStopped();
      await setTimeout(WATCH_EVERY_MS);
    }
  }
}

/**
 * Copies the content of one file to another, whatever its size, with its holes.
 * @throws {CopyStopped}
 */
export async function copyBytes(source: CopySource, to: number, watch: CopyWatch): Promise<void> {
  const { fd, stats, isReadable } = source;
  if (isForProgram(stats)) return copyWithProgram(source, to, watch);
  if (isReadable) copySmall(fd, to, watch);
  else usingFd(await openToRead(fd, watch.isStopped), (open) => copySmall(open, to, watch));
}
