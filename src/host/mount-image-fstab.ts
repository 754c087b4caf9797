import { posix } from "node:path";
import { DeviceError } from "../common/errors.ts";
import type { RootPart } from "./find-root.ts";
import { type FstabEntry, matchSource, parseFstab } from "./fstab.ts";
import { kernelSupports, requireKernelSupport } from "./kernel-filesystems.ts";
import type { MountView } from "./mount-view.ts";
import { readMountinfo } from "./mountinfo.ts";
import { mountFilesystem } from "./mounts.ts";
import type { VolumeLayout } from "./probe-filesystem.ts";
import { typeOptions } from "./type-options.ts";

/** Something of the volume that belongs into the image's tree beside its root. */
export interface ImageMount {
  /** Device node. */
  readonly source: string;
  /** In the image, without `.` and `..`: `/boot`. */
  readonly mountPoint: string;
  readonly type: string;
  readonly options: readonly string[];
  /** An EFI system partition apart from `/boot`: the build can go on without it. */
  readonly isEsp: boolean;
}

export interface MountImageFstabInput {
  readonly view: MountView;
  readonly layout: VolumeLayout;
  readonly root: RootPart;
  /** Text of the image's `/etc/fstab`; empty when it has none. */
  readonly fstab: string;
  /**
   * Where a path in the image is for `mount` in the view, with the image's links resolved inside it; made if missing. A
   * slash at its end says that it is the image's root.
   */
  resolveMountPoint(pathInImage: string): Promise<string>;
  onWarning(message: string): void;
}

/**
 * Mounts what the image's own fstab mounts from the volume: `/boot` and the EFI system partition, and likewise other
 * partitions and btrfs subvolumes, or provisioning would write below them where the booted image never looks. Call it
 * after the post-mount commands: where those mounted something, that stays.
 * @returns what was mounted, outermost first
 * @throws {DeviceError} for an fstab that is out of all proportion
 * @throws {MountError} when a file system does not mount or the kernel lacks it; for an EFI partition the latter is a warning
 */
export async function mountImageFstab(input: MountImageFstabInput): Promise<readonly ImageMount[]> {
  const { mounts, warnings } = planImageMounts(parseFstab(input.fstab), input.layout, input.root);
  for (const warning of warnings) input.onWarning(warning);
  const mounted: ImageMount[] = [];
  for (const mount of mounts) if (await mountOne(mount, input)) mounted.push(mount);
  return mounted;
}

async function mountOne(
  mount: ImageMount,
  { view, resolveMountPoint, onWarning }: MountImageFstabInput,
): Promise<boolean> {
  const { source, mountPoint, type, options, isEsp } = mount;
  const target = await resolveMountPoint(mountPoint);
  if (target.endsWith("/")) {
    onWarning(`The image's fstab mounts "${source}" on "${mountPoint}", which leads to its root; it is not mounted`);
    return false;
  }
  const taken = (await readMountinfo(view.mountinfoPath)).some((entry) => entry.mountPoint === target);
  if (taken) return false;
  if (isEsp && !(await kernelSupports(view.runner, type))) {
    onWarning(`This kernel has no ${type}, so the EFI system partition "${source}" is not mounted on "${mountPoint}"`);
    return false;
  }
  await requireKernelSupport(view.runner, type, source);
  await mountFilesystem(view, { source, target, type, options });
  return true;
}

/** No system has so many; each line is a mount or a warning, and a file of 16 MiB has half a million. */
const MAX_ENTRIES = 1000;

/** What to mount, outermost first, and what in the fstab cannot be done; a rule without effects. */
export function planImageMounts(
  entries: readonly FstabEntry[],
  layout: VolumeLayout,
  root: RootPart,
): { readonly mounts: readonly ImageMount[]; readonly warnings: readonly string[] } {
  const mounts = new Map<string, ImageMount>();
  const warnings: string[] = [];
  const wanted = entries.filter(isWanted);
  if (wanted.length > MAX_ENTRIES) throw new DeviceError(`The image's fstab has ${wanted.length} lines that mount`);
  for (const entry of wanted) {
    const mountPoint = posix.normalize(entry.mountPoint).replace(/(?<=.)\/$/, "");
    const [part, second] = matchSource(entry.source, layout.parts);
    if (mountPoint === "/") continue;
    if (!part || second) {
      if (isOwnSource(entry.source)) warnings.push(describeMiss(entry, second !== undefined));
      continue;
    }
    const type = part.filesystem?.type;
    if (!type || type === "swap") continue;
    const options = [...typeOptions(type), ...entry.options.filter(isHarmless)];
    const isSameTree = part.number === root.number && !options.some((option) => /^subvol(id)?=/.test(option));
    if (isSameTree) continue; // the root once more: a bind in disguise
    const isEsp = type === "vfat" && mountPoint !== "/boot"; // what is on /boot itself, a kernel package must reach
    mounts.set(mountPoint, { source: part.path, mountPoint, type, options, isEsp });
  }
  return { mounts: [...mounts.values()].sort((a, b) => depthOf(a) - depthOf(b)), warnings };
}

function isWanted({ mountPoint, type, options }: FstabEntry): boolean {
  return mountPoint.startsWith("/") && type !== "swap" && !options.includes("noauto");
}

/** A source that could only be a partition: `tmpfs`, network shares and binds are none of ours. */
function isOwnSource(source: string): boolean {
  return /^(UUID|LABEL|PARTUUID|PARTLABEL)=/.test(source) || source.startsWith("/dev/disk/by-");
}

function describeMiss({ source, mountPoint }: FstabEntry, isAmbiguous: boolean): string {
  const why = isAmbiguous
    ? "several partitions of the volume are called so"
    : "no partition of the volume is called so";
  return `The image's fstab mounts "${source}" on "${mountPoint}", but ${why}; it is not mounted`;
}

/** What changes how files are seen and kept. The rest of a mount(8) option list can do more than that to the host. */
const HARMLESS = [
  /^(ro|rw|nosuid|nodev|noexec|noatime|relatime|lazytime)$/,
  /^(umask|fmask|dmask|uid|gid|codepage)=\d+$/,
  /^(iocharset|shortname)=[\w-]+$/,
  /^utf8(=[01])?$/,
  /^subvol=[^,]+$/,
  /^subvolid=\d+$/,
  /^compress(-force)?(=[\w:]+)?$/,
];

function isHarmless(option: string): boolean {
  return HARMLESS.some((pattern) => pattern.test(option));
}

function depthOf({ mountPoint }: ImageMount): number {
  return mountPoint.split("/").length;
}
