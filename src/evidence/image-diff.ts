import type { User } from "./accounts.ts";
import type { OsRelease } from "./os-release.ts";
import type { PackageManager } from "./packages/package.ts";

/** Counts up when a program that reads the older one would misread the newer. */
export const DIFF_FORMAT = 1;

/** What differs between two images, or between an image before and after it was provisioned. */
export interface ImageDiff {
  readonly formatVersion: typeof DIFF_FORMAT;
  readonly before: ImageName;
  readonly after: ImageName;
  readonly packages: {
    readonly added: readonly DiffPackage[];
    readonly removed: readonly DiffPackage[];
    readonly changed: readonly {
      readonly manager: PackageManager;
      readonly name: string;
      readonly from: string;
      readonly to: string;
    }[];
  };
  readonly files: {
    readonly added: number;
    readonly changed: number;
    readonly removed: number;
    /** Sizes of all files together. */
    readonly bytesBefore: number;
    readonly bytesAfter: number;
    /** The largest first: `leftOut` more are not listed. */
    readonly list: readonly FileChange[];
    readonly leftOut: number;
    /** The same by folder, at most three levels deep; those that have grown most first. */
    readonly folders: readonly FolderChange[];
  };
  readonly partitions: readonly {
    readonly mountPoint: string;
    /** Null where there was none. */
    readonly usedBefore: number | null;
    readonly usedAfter: number;
    readonly sizeBytes: number;
  }[];
  readonly setIdFiles: ListDiff;
  /** `/usr/bin/ping cap_net_raw=ep` */
  readonly capabilities: ListDiff;
  readonly users: {
    readonly added: readonly User[];
    readonly removed: readonly string[];
    readonly changed: readonly UserChange[];
  };
  readonly enabledUnits: ListDiff;
  /** `openssh-server (SSH, 22)` */
  readonly listeners: ListDiff;
  /** What was not looked at, and why. */
  readonly notes: readonly string[];
}

export interface ImageName {
  readonly name: string;
  readonly os: OsRelease | undefined;
}

export interface DiffPackage {
  readonly manager: PackageManager;
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly sizeBytes: number | null;
}

export interface FileChange {
  readonly path: string;
  readonly change: "added" | "changed" | "removed";
  readonly type: "file" | "folder" | "link" | "other";
  readonly sizeBefore: number | null;
  readonly sizeAfter: number | null;
  /** Of one that is changed: `content`, `mode 0644 -> 0755`, `owner 0:0 -> 33:33`. */
  readonly what: readonly string[];
}

export interface FolderChange {
  readonly path: string;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** By how much its files have grown; negative when they have shrunk. */
  readonly bytes: number;
}

export interface ListDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface UserChange {
  readonly name: string;
  /** `shell /bin/sh -> /bin/bash` */
  readonly what: readonly string[];
}
