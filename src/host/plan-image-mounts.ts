import { posix } from "node:path";
import { DeviceError } from "../common/errors.ts";
import type { RootPart } from "./find-root.ts";
import { type FstabEntry, matchSource } from "./fstab.ts";
import { findAutoMounts } from "./gpt-auto.ts";
import type { ImageTree } from "./image-tree.ts";
import { isBelow } from "./mountinfo.ts";
import type { VolumeLayout, VolumePart } from "./probe-filesystem.ts";
import { typeOptions } from "./type-options.ts";

/** Something of the volume that belongs into the image's tree beside its root. */
export interface ImageMount {
  readonly kind: "device" | "bind";
  /** Device node; for a bind mount a folder of the image, like `mountPoint`. */
  readonly source: string;
  /** In the image, without `.` and `..`: `/boot`. */
  readonly mountPoint: string;
  readonly type: string;
  readonly options: readonly string[];
  /** A partition that only firmware reads: the build can go on without it. What is on `/boot` itself, a kernel package must reach. */
  readonly isEsp: boolean;
}

export interface PlanInput {
  readonly layout: VolumeLayout;
  readonly root: RootPart;
  readonly fstab: readonly FstabEntry[];
  readonly tree: ImageTree;
}

/** What to mount and in which order, and what is left out, a line each. */
export interface MountPlan {
  readonly mounts: readonly ImageMount[];
  readonly warnings: readonly string[];
}

/** No system has so many; each line is a mount or a warning, and a file of 16 MiB has half a million. */
const MAX_ENTRIES = 1000;

/**
 * What the booted image mounts from its own volume: by its fstab, and by the types of its partitions. A mount comes after
 * those that its mount point, or the folder that it binds, lies in.
 * @throws {DeviceError} for an fstab that is out of all proportion
 */
export function planImageMounts({ layout, root, fstab, tree }: PlanInput): MountPlan {
  const wanted = fstab.map(withPlainMountPoint).filter(isWanted);
  if (wanted.length > MAX_ENTRIES) throw new DeviceError(`The image's fstab has ${wanted.length} lines that mount`);
  const mounts = new Map<string, ImageMount>();
  const warnings: string[] = [];
  for (const entry of wanted) {
    const planned = planEntry(entry, layout, root);
    if (typeof planned === "object") mounts.set(planned.mountPoint, planned);
    else if (planned !== undefined) warnings.push(describeLeftOut(entry, planned));
  }
  const auto = findAutoMounts({ layout, root, tree, fstab: fstab.map(withPlainMountPoint) });
  for (const { part, mountPoint } of auto.mounts) {
    const mount = deviceMount(part, mountPoint, []);
    if (mount) mounts.set(mountPoint, { ...mount, isEsp: mount.type === "vfat" });
  }
  return { mounts: inOrder([...mounts.values()]), warnings: [...warnings, ...auto.leftOut] };
}

function withPlainMountPoint(entry: FstabEntry): FstabEntry {
  return { ...entry, mountPoint: posix.normalize(entry.mountPoint).replace(/(?<=.)\/$/, "") };
}

/** What mounts when it is first looked into, is mounted. */
function isWanted({ mountPoint, type, options }: FstabEntry): boolean {
  if (!mountPoint.startsWith("/") || mountPoint === "/" || type === "swap") return false;
  return !options.includes("noauto") || options.includes("x-systemd.automount");
}

/** @returns why the line is left out; `undefined` when it says nothing of the volume */
function planEntry(entry: FstabEntry, layout: VolumeLayout, root: RootPart): ImageMount | string | undefined {
  const { source, mountPoint } = entry;
  const bind = entry.options.find((option) => option === "bind" || option === "rbind");
  const [part, second] = matchSource(source, layout.parts);
  if (bind && source.startsWith("/") && !part) return planBind(entry, bind);
  if (second) return "several partitions of the volume have that name";
  if (!part) return reasonForStranger(entry);
  const mount = deviceMount(part, mountPoint, entry.options);
  const isSameTree = part.number === root.number && !mount?.options.some((option) => /^subvol(id)?=/.test(option));
  return mount && isSameTree ? "that is the root itself" : mount;
}

function planBind({ source, mountPoint }: FstabEntry, bind: string): ImageMount | string | undefined {
  const folder = posix.normalize(source).replace(/(?<=.)\/$/, "");
  if (folder === mountPoint) return undefined; // a folder on itself: what is in it stays
  if (isBelow(mountPoint, folder)) return "that is a folder in itself";
  return { kind: "bind", source: folder, mountPoint, type: "none", options: [bind], isEsp: false };
}

function deviceMount(part: VolumePart, mountPoint: string, options: readonly string[]): ImageMount | undefined {
  const type = part.filesystem?.type;
  if (!type || type === "swap") return undefined;
  const kept = [...typeOptions(type), ...options.filter(isKept)];
  const isEsp = type === "vfat" && mountPoint !== "/boot";
  return { kind: "device", source: part.path, mountPoint, type, options: kept, isEsp };
}

/** A source that is none of the volume's. What is no file system of a disk, such as `tmpfs` or a network share, is not spoken of. */
function reasonForStranger({ source, type }: FstabEntry): string | undefined {
  if (/^(UUID|LABEL|PARTUUID|PARTLABEL)=/.test(source) || source.startsWith("/dev/disk/by-")) {
    return "no partition of the volume has that name";
  }
  if (type === "overlay") return "overlays are not mounted while building";
  if (source.startsWith("/dev/")) return "that is not a partition of the volume";
  return source.startsWith("/") && !source.startsWith("//") ? "files are not mounted while building" : undefined;
}

function describeLeftOut({ source, mountPoint }: FstabEntry, why: string): string {
  return `The image's fstab mounts "${source}" on "${mountPoint}", but ${why}; it is not mounted`;
}

/**
 * What changes how files are seen and kept. The rest of a mount(8) option list can do more than that to the host; and `ro`,
 * `noexec`, `nodev` and `nosuid` are for the booted image: building writes there, and runs what it has written.
 */
const KEPT = [
  /^(rw|noatime|relatime|lazytime)$/,
  /^(umask|fmask|dmask|uid|gid|codepage)=\d+$/,
  /^(iocharset|shortname)=[\w-]+$/,
  /^utf8(=[01])?$/,
  /^subvol=[^,]+$/,
  /^subvolid=\d+$/,
  /^compress(-force)?(=[\w:]+)?$/,
];

function isKept(option: string): boolean {
  return KEPT.some((pattern) => pattern.test(option));
}

/** Each after those that it needs; where binds need each other in a circle, as they stand. */
function inOrder(mounts: readonly ImageMount[]): ImageMount[] {
  const pending = [...mounts];
  const ordered: ImageMount[] = [];
  while (pending.length > 0) {
    const ready = pending.findIndex((mount) => !pending.some((other) => other !== mount && needs(mount, other)));
    ordered.push(...pending.splice(Math.max(ready, 0), 1));
  }
  return ordered;
}

/** The mount point lies in the other one, or the folder that is bound does, or has the other one in it. */
function needs({ kind, source, mountPoint }: ImageMount, other: ImageMount): boolean {
  if (isBelow(mountPoint, other.mountPoint)) return true;
  if (kind !== "bind" || isBelow(other.mountPoint, mountPoint)) return false;
  return isBelow(source, other.mountPoint) || isBelow(other.mountPoint, source);
}
