import { isBelow, type MountEntry, mountsBelow } from "../host/mountinfo.ts";

/** Media that people pull out. */
const REMOVABLE = ["/media", "/run/media"];
/** Where the system itself lives: its own mounts there, and below the second kind, are needed by every program. */
const SYSTEM_MOUNTS = ["/", "/home", "/opt", "/root", "/srv", "/tmp", "/run"];
const SYSTEM_TREES = [
  "/usr",
  "/var",
  "/etc",
  "/boot",
  "/bin",
  "/sbin",
  "/lib",
  "/lib64",
  "/nix",
  "/dev",
  "/proc",
  "/sys",
];

export interface DropRule {
  /** Mount paths of other runs. */
  readonly dropMountPaths: readonly string[];
  /** Folders that must stay reachable. */
  readonly keepPaths: readonly string[];
}

/**
 * The mounts that a new mount namespace lets go of, what is below first, so that it does not keep them alive when the host
 * unmounts them. Where the parent of a mount is a `slave` of the host's (every mount under systemd), the host's unmount
 * reaches us by itself. Elsewhere it does not, and each disk that no program of ours needs is dropped.
 * @see mount_namespaces(7), "Propagation type transitions"
 */
export function mountsToDrop(mounts: readonly MountEntry[], rule: DropRule): MountEntry[] {
  const slaves = new Set(mounts.filter(isSlave).map(({ id }) => id));
  const droppedRoots = [...REMOVABLE, ...rule.dropMountPaths];
  // A folder of a needed disk that is bound to a second place frees nothing when it goes.
  const needed = new Set(mounts.filter((entry) => isNeeded(entry, rule.keepPaths)).map(({ device }) => device));
  const isDropped = (entry: MountEntry) =>
    droppedRoots.some((root) => isBelow(entry.mountPoint, root)) ||
    (isDisk(entry) && !slaves.has(entry.parentId) && !needed.has(entry.device));
  // What stands on a dropped mount goes with it.
  const roots = mounts.filter(isDropped).map(({ mountPoint }) => mountPoint);
  return mountsBelow(mounts, "/").filter(({ mountPoint }) => roots.some((root) => isBelow(mountPoint, root)));
}

function isSlave({ propagation }: MountEntry): boolean {
  return propagation.some((field) => field.startsWith("master:"));
}

function isDisk({ device, source }: MountEntry): boolean {
  // Btrfs has device numbers of its own, and names its disk as the source.
  return !device.startsWith("0:") || source.startsWith("/dev/");
}

function isNeeded({ mountPoint }: MountEntry, keepPaths: readonly string[]): boolean {
  return (
    SYSTEM_MOUNTS.includes(mountPoint) ||
    SYSTEM_TREES.some((tree) => isBelow(mountPoint, tree)) ||
    keepPaths.some((path) => isBelow(path, mountPoint))
  );
}
