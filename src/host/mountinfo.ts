import { readFile } from "node:fs/promises";

/** One line of `/proc/PID/mountinfo`. Paths are unescaped. */
export interface MountEntry {
  /** Unique among the mounts that exist. */
  readonly id: number;
  readonly parentId: number;
  /** `MAJOR:MINOR` of the superblock; `0:N` for file systems without a device of their own, btrfs among them. */
  readonly device: string;
  /** What of the file system is mounted: `/`, or the folder of a bind mount or subvolume. */
  readonly root: string;
  readonly mountPoint: string;
  readonly options: readonly string[];
  /** `shared:N`, `master:N`, ...; empty for a private mount. */
  readonly propagation: readonly string[];
  readonly fsType: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

/**
 * Parses a mount table; lines that are not complete are left out.
 * @see proc_pid_mountinfo(5)
 */
export function parseMountinfo(text: string): MountEntry[] {
  return text.split("\n").flatMap((line) => parseLine(line) ?? []);
}

/** The mount table of a process, in the kernel's order, the oldest mount first. */
export async function readMountinfo(path = "/proc/self/mountinfo"): Promise<MountEntry[]> {
  return parseMountinfo(await readFile(path, "utf8"));
}

/**
 * The mounts at `path` and below it, newest first. The kernel lists them by age; their ids tell nothing about it,
 * since those of mounts that are gone are given out again.
 */
export function mountsBelow(mounts: readonly MountEntry[], path: string): MountEntry[] {
  return mounts.filter(({ mountPoint }) => isBelow(mountPoint, path)).reverse();
}

/** The mount that a path lies on: the innermost one, and the newest of those that hide each other. */
export function mountOf(mounts: readonly MountEntry[], path: string): MountEntry | undefined {
  const around = mounts.filter(({ mountPoint }) => isBelow(path, mountPoint));
  const innermost = Math.max(...around.map(({ mountPoint }) => mountPoint.length));
  return around.findLast(({ mountPoint }) => mountPoint.length === innermost);
}

/** What paths lead to: neither what a later mount in the same place hides, nor what one on a folder above does. */
export function visibleMounts(mounts: readonly MountEntry[]): MountEntry[] {
  return mounts.filter(
    (entry, index) => !mounts.slice(index + 1).some((later) => isBelow(entry.mountPoint, later.mountPoint)),
  );
}

/** What tells one mount from every other: the kernel gives ids out again, so more is compared. Plain JSON. */
export type MountIdentity = Pick<MountEntry, "id" | "parentId" | "device" | "root" | "fsType">;

export function identityOf({ id, parentId, device, root, fsType }: MountEntry): MountIdentity {
  return { id, parentId, device, root, fsType };
}

/** Is that this very mount? It may have another place by now: a folder above it may have been renamed. */
export function isSameMount(entry: MountEntry, known: MountIdentity): boolean {
  return (
    entry.id === known.id &&
    entry.parentId === known.parentId &&
    entry.device === known.device &&
    entry.root === known.root &&
    entry.fsType === known.fsType
  );
}

/** Is `path` the folder itself or something in it? Both are absolute and without `.` and `..`. */
export function isBelow(path: string, folder: string): boolean {
  const prefix = folder === "/" ? "/" : `${folder}/`;
  return path === folder || path.startsWith(prefix);
}

function parseLine(line: string): MountEntry | undefined {
  const [before, after] = line.split(" - ", 2);
  const [id, parentId, device, root, mountPoint, options, ...propagation] = (before ?? "").split(" ");
  const [fsType, source, superOptions] = (after ?? "").split(" ");
  if (!device || root === undefined || mountPoint === undefined || options === undefined) return undefined;
  if (fsType === undefined || source === undefined) return undefined;
  return {
    id: Number(id),
    parentId: Number(parentId),
    device,
    root: unescapeOctal(root),
    mountPoint: unescapeOctal(mountPoint),
    options: options.split(","),
    propagation: propagation.filter((field) => field !== ""),
    fsType: unescapeOctal(fsType),
    source: unescapeOctal(source),
    superOptions: (superOptions ?? "").split(",").filter((option) => option !== ""),
  };
}

/** The kernel writes space, tab, newline, `\` and `#` as three octal digits. */
export function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
