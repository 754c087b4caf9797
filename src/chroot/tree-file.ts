import {
  type BigIntStats,
  chmodSync,
  chownSync,
  closeSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  utimesSync,
} from "node:fs";
import type { Owner } from "./communicator.ts";
import { type CopyWatch, copySmall } from "./copy-bytes.ts";
import { createInPlace, openExistingFile } from "./file-in-place.ts";
import { fdPath } from "./openat.ts";
import { toSeconds } from "./tree-entries.ts";

/** What becomes of the entries of a tree, as plain data. */
export interface FileRules {
  /**
   * Whether files keep their set-ID bits and capabilities. They mean nothing good on a host that somebody else's image
   * is unpacked on: any user there could run them.
   */
  readonly keepPrivileges: boolean;
  /** Whether a file in the way stays the file that it is, with mode, owner and attributes, and gets other content. */
  readonly overwritesFiles: boolean;
  /** Of everything that is made; whoever owns it in the tree when absent. */
  readonly owner?: Owner | undefined;
}

/** A folder that is being copied. */
export interface Folders {
  readonly from: number;
  readonly to: number;
  /** We have made it a moment ago: nothing is in it, or somebody was very fast. */
  readonly isNew: boolean;
}

/** One entry of the tree. */
export interface Entry {
  readonly fd: number;
  readonly stats: BigIntStats;
  readonly folders: Folders;
  readonly name: string;
  /** Relative to the tree. Names and paths are bytes. */
  readonly path: string;
}

/** Two descriptors that stand for an entry and its copy. */
export interface Pair {
  readonly from: number;
  readonly to: number;
  /** Of the entry, relative to the tree, as bytes. */
  readonly path: string;
}

const PERMISSIONS = 0o7777n;
const SET_IDS = 0o6000n;

/** Empties and opens the file that is in the way and stays; `undefined` when a new one is to be made. */
export function openKeptFile({ folders, name }: Entry, { overwritesFiles }: FileRules): number | undefined {
  return overwritesFiles && !folders.isNew ? openExistingFile(folders.to, name) : undefined;
}

/**
 * Copies a file that needs no program for it, and is open for reading.
 * @returns the pair, whose descriptors are the caller's then; `undefined` when the file in the way has kept what it is
 */
export function copyPlainFile(entry: Entry, rules: FileRules, watch: CopyWatch): Pair | undefined {
  const { fd, stats, folders, name, path } = entry;
  const kept = openKeptFile(entry, rules);
  const to = kept ?? createInPlace(folders.to, name);
  let isTaken = false;
  try {
    // Files of the kernel claim to be empty, and may have no end.
    if (stats.size > 0n) copySmall(fd, to, watch);
    if (kept !== undefined) return undefined;
    setFileAttributes(to, stats, rules);
    isTaken = true;
    return { from: fd, to, path };
  } finally {
    if (!isTaken) closeSync(to);
  }
}

/** Owner before mode and attributes: changing it clears the set-user-ID bit and capabilities. */
export function setEntryAttributes(to: number, stats: BigIntStats, rules: FileRules): void {
  const { uid, gid } = rules.owner ?? stats;
  chownSync(fdPath(to), Number(uid), Number(gid));
  if (!stats.isSymbolicLink()) chmodSync(fdPath(to), modeOf(stats, rules));
  utimesSync(fdPath(to), toSeconds(stats.atimeNs), toSeconds(stats.mtimeNs));
}

/** The same for a file that is open for writing. */
export function setFileAttributes(to: number, stats: BigIntStats, rules: FileRules): void {
  const { uid, gid } = rules.owner ?? stats;
  fchownSync(to, Number(uid), Number(gid));
  fchmodSync(to, modeOf(stats, rules));
  futimesSync(to, toSeconds(stats.atimeNs), toSeconds(stats.mtimeNs));
}

function modeOf(stats: BigIntStats, { keepPrivileges }: FileRules): number {
  const isStripped = stats.isFile() && !keepPrivileges;
  return Number(stats.mode & (isStripped ? PERMISSIONS & ~SET_IDS : PERMISSIONS));
}
