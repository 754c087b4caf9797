import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  renameSync,
  writeSync,
} from "node:fs";
import { promisify } from "node:util";
import { messageOf } from "../../common/errors.ts";
import { JournalError } from "./journal-error.ts";
import { type Reserved, reserveSpace, reserveSpaceAside } from "./reserve-space.ts";

/** The calls that can fail on a bad or full disk. */
export interface DiskCalls {
  write(fd: number, bytes: Buffer, offset: number): number;
  sync(fd: number): void;
  /** The same in another thread. */
  syncAside(fd: number): Promise<void>;
  truncate(fd: number, length: number): void;
  /** Reserves disk space for the first so many bytes of a file, without changing its length. */
  reserve(fd: number, bytes: number): Reserved;
  /** The same while the program goes on. */
  reserveAside(fd: number, bytes: number): Promise<Reserved>;
}

const nodeDisk: DiskCalls = {
  write: (fd, bytes, offset) => writeSync(fd, bytes, offset),
  sync: fsyncSync,
  syncAside: promisify(fsync),
  truncate: ftruncateSync,
  reserve: reserveSpace,
  reserveAside: reserveSpaceAside,
};

interface Unsynced {
  readonly bytes: Buffer;
  /** Its end in the file. */
  readonly end: number;
}

/** How much is reserved at a time: a whole build writes a tenth of it. */
const CHUNK_BYTES = 64 * 1024;

/**
 * A file that lines are added to, each of them on disk or not there at all. Its space is reserved in advance, so that
 * what must be written later does not depend on how full the disk is then.
 */
export class JournalFile {
  readonly fd: number;
  #path: string;
  readonly #disk: DiskCalls;
  #length: number;
  /** How much of it is known to be on disk. */
  #durableLength: number;
  #reserved: number;
  #canReserve = true;
  /** Lines at the end of the file that may not be on disk yet: a later line takes them along. */
  #unsynced: readonly Unsynced[] = [];
  /** The disk has refused these lines: the kernel may count them as written, and would not try again by itself. */
  #isDoubtful = false;
  /** How often lines were written again: an fsync that had begun before says nothing of them. */
  #rewrites = 0;
  /** The fsync that those wait for whose lines came while another one was under way. */
  #nextSync: Promise<void> | undefined;
  /** Comes back when nothing is under way. */
  #idle: Promise<void> = Promise.resolve();
  #isBusy = false;
  /** A line was written in part and could not be taken back: what came after it would not be found. */
  #isTorn = false;

  /** @param fd Open for appending */
  constructor(path: string, fd: number, disk: DiskCalls = nodeDisk) {
    this.#path = path;
    this.fd = fd;
    this.#disk = disk;
    const { size, blocks } = fstatSync(fd);
    this.#length = size;
    this.#durableLength = size;
    this.#reserved = blocks * 512;
  }

  get path(): string {
    return this.#path;
  }

  /** Gives it another name in its folder. */
  moveTo(path: string): void {
    renameSync(this.#path, path);
    this.#path = path;
  }

  /**
   * Adds a line, which is on disk when this comes back, with all lines before it.
   * @param headroom How many bytes must be sure to find room after it
   * @throws {JournalError} when it is not on disk; then nothing of it is in the file
   */
  append(line: string, headroom = 0): void {
    this.#add(line, headroom, () => this.#disk.sync(this.fd));
    this.#noteSynced(this.#length);
  }

  /**
   * Adds a line, which reaches the disk with the next one that must, or in the kernel's own time.
   * @throws {JournalError} when it cannot be written; then nothing of it is in the file
   */
  appendLazily(line: string): void {
    const bytes = this.#add(line, 0, () => undefined);
    this.#unsynced = [...this.#unsynced, { bytes, end: this.#length }];
  }

  /**
   * Adds a line at once, and comes back when it is on disk, with all lines before it. The program goes on meanwhile, and lines that
   * are added while an fsync is under way share the next one.
   * @throws {JournalError} at once, as {@link append} does; later when it is not known to be on disk: then it may be in the file
   */
  appendAside(line: string, headroom = 0): Promise<void> {
    const bytes = this.#add(line, headroom, () => undefined);
    this.#unsynced = [...this.#unsynced, { bytes, end: this.#length }];
    return this.#syncAside();
  }

  /** Removes what a crash has left behind the last whole line. */
  cutTo(length: number): void {
    if (length === this.#length) return;
    this.#disk.truncate(this.fd, length);
    this.#length = length;
    this.#durableLength = length;
  }

  /** Lets go of the file, and of its lock, as soon as nobody works with it any more. */
  close(): void {
    if (this.#isBusy) void this.#idle.then(() => closeSync(this.fd));
    else closeSync(this.fd);
  }

  #add(line: string, headroom: number, sync: () => void): Buffer {
    if (this.#isTorn) throw this.#failure("an earlier line is cut short");
    const bytes = Buffer.from(line);
    if (headroom > 0) this.#makeRoom(this.#length + bytes.length + headroom);
    try {
      if (this.#isDoubtful) this.#writeAgain();
      this.#write(bytes);
      this.#sync(sync);
      this.#length += bytes.length;
      return bytes;
    } catch (error) {
      this.#takeBack();
      throw this.#failure(error);
    }
  }

  #write(bytes: Buffer): void {
    // A disk that is almost full takes a part of what it is given.
    for (let done = 0; done < bytes.length; ) done += this.#disk.write(this.fd, bytes, done);
  }

  #sync(sync: () => void): void {
    try {
      sync();
    } catch (error) {
      this.#isDoubtful = this.#unsynced.length > 0;
      throw error;
    }
  }

  #syncAside(): Promise<void> {
    this.#nextSync ??= this.#idle.then(() => {
      this.#nextSync = undefined;
      return this.#syncOnce();
    });
    const sync = this.#nextSync;
    this.#isBusy = true;
    const idle = sync
      .catch(() => undefined)
      .then(() => {
        if (this.#idle === idle) this.#isBusy = false;
      });
    this.#idle = idle;
    return sync;
  }

  async #syncOnce(): Promise<void> {
    const [length, rewrites] = [this.#length, this.#rewrites];
    try {
      if (this.#isDoubtful) throw new Error("an earlier line is not on disk");
      await this.#disk.syncAside(this.fd);
      if (this.#isDoubtful || rewrites !== this.#rewrites) throw new Error("an earlier line was not on disk");
      this.#noteSynced(length);
    } catch (error) {
      this.#isDoubtful = this.#unsynced.length > 0;
      throw this.#failure(error);
    }
  }

  #noteSynced(length: number): void {
    this.#durableLength = Math.max(this.#durableLength, length);
    this.#unsynced = this.#unsynced.filter(({ end }) => end > length);
  }

  /** A file whose fsync has failed may say that it is on disk and have lost what was written: only new writes count. */
  #writeAgain(): void {
    const bytes = Buffer.concat(this.#unsynced.map((line) => line.bytes));
    this.#length = this.#durableLength;
    this.#disk.truncate(this.fd, this.#length);
    this.#write(bytes);
    this.#length += bytes.length;
    this.#rewrites++;
    this.#isDoubtful = false;
  }

  /**
   * Reserves the first space without standing still, before anything is written.
   * @throws {JournalError} when there is none
   */
  async reserve(): Promise<void> {
    this.#noteReserved(CHUNK_BYTES, await this.#disk.reserveAside(this.fd, CHUNK_BYTES));
  }

  #makeRoom(bytes: number): void {
    if (!this.#canReserve || bytes <= this.#reserved) return;
    const wanted = Math.ceil(bytes / CHUNK_BYTES) * CHUNK_BYTES;
    this.#noteReserved(wanted, this.#disk.reserve(this.fd, wanted));
  }

  /** Where the file system cannot reserve space, a full disk is found out by the write itself. */
  #noteReserved(bytes: number, outcome: Reserved): void {
    if (outcome === "full") throw this.#failure("there is no space for it");
    this.#canReserve = outcome === "reserved";
    this.#reserved = bytes;
  }

  /** Cutting a file also gives up what was reserved beyond its end. */
  #takeBack(): void {
    this.#reserved = 0;
    try {
      this.#disk.truncate(this.fd, this.#length);
    } catch {
      this.#isTorn = true;
    }
  }

  #failure(reason: unknown): JournalError {
    const hint = "Make room on the disk of the state folder (OUTSCALE_CHROOT_STATE)";
    return new JournalError(`Cannot write the journal "${this.path}": ${messageOf(reason)}`, { cause: reason, hint });
  }
}

const { O_RDWR, O_APPEND, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY, O_CREAT, O_EXCL } = constants;

/** Makes a file that only its owner can read. @throws when there is one of that name */
export function createFile(path: string): number {
  return openSync(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
}

/** Opens what may be no journal at all: no pipe is waited for, no terminal becomes ours, no link is followed. */
export function openFile(path: string): number {
  return openSync(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
}

/** Is an open file still what is at the path? Somebody may have removed it meanwhile. */
export function isAt(path: string, fd: number): boolean {
  const there = lstatSync(path, { throwIfNoEntry: false });
  const held = fstatSync(fd);
  return there?.ino === held.ino && there.dev === held.dev;
}
