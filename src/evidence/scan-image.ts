import { statfsSync } from "node:fs";
import { join } from "node:path";
import { readUsers, type User } from "./accounts.ts";
import { type Capabilities, readCapabilities } from "./capabilities.ts";
import { ImageReader } from "./image-reader.ts";
import { type OsRelease, readOsRelease } from "./os-release.ts";
import type { Package } from "./packages/package.ts";
import { readPackages } from "./packages/read-packages.ts";
import { enabledUnits } from "./services.ts";
import type { Tree } from "./tree/tree-entry.ts";
import { walkTree } from "./tree/walk-tree.ts";

/** A mounted image. */
export interface ScanInput {
  /** Where its root is in our own view of the file system. */
  readonly root: string;
  /** Where its file systems are mounted, as paths in the image: `/`, `/boot`. */
  readonly mountPoints: readonly string[];
  /** Where in it something is mounted that is not the image's: `/proc`. */
  readonly foreignMounts: readonly string[];
  /** Whether the files are walked: what packages there are is known without. */
  readonly files: boolean;
}

/** How full a file system is. */
export interface PartitionUse {
  readonly mountPoint: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
}

/** What an image has in it, without its files. */
export interface ImageContents {
  readonly os: OsRelease | undefined;
  readonly packages: readonly Package[];
  readonly partitions: readonly PartitionUse[];
  readonly users: readonly User[];
  /** What was not looked at, and why. */
  readonly notes: readonly string[];
}

/** The same with what its files say. */
export interface ImageScan extends ImageContents {
  readonly root: string;
  readonly tree: Tree;
  readonly units: readonly string[];
  readonly capabilities: Capabilities;
}

/** Looks at an image. Nothing of it is run or changed. */
export async function scanImage({ root, mountPoints, foreignMounts, files }: ScanInput): Promise<ImageScan> {
  const image = new ImageReader(root);
  const { packages, notes } = await readPackages(image);
  const walked = files ? walkTree({ root, skip: new Set(foreignMounts) }) : { tree: new Map(), notes: [] };
  const capabilities = readCapabilities(image.folder, walked.tree);
  const missing =
    capabilities === undefined ? ["File capabilities were not read: getfattr (package attr) is missing"] : [];
  return {
    root,
    os: readOsRelease(image),
    packages,
    partitions: mountPoints.flatMap((mountPoint) => useOf(root, mountPoint) ?? []),
    users: readUsers(image),
    notes: [...notes, ...walked.notes, ...missing],
    tree: walked.tree,
    units: enabledUnits(walked.tree),
    capabilities: capabilities ?? new Map(),
  };
}

/** What an image has that is not there yet: a volume from scratch, before anything is in it. */
export function emptyScan(root: string): ImageScan {
  const nothing = { packages: [], partitions: [], users: [], notes: [], units: [] };
  return { ...nothing, root, os: undefined, tree: new Map(), capabilities: new Map() };
}

function useOf(root: string, mountPoint: string): PartitionUse | undefined {
  try {
    const { bsize, blocks, bfree } = statfsSync(join(root, mountPoint));
    return { mountPoint, sizeBytes: blocks * bsize, usedBytes: (blocks - bfree) * bsize };
  } catch {
    return undefined;
  }
}
