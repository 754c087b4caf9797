import type { RootPart } from "./find-root.ts";
import { parseFstab } from "./fstab.ts";
import type { ImageTree } from "./image-tree.ts";
import { kernelSupports, requireKernelSupport } from "./kernel-filesystems.ts";
import type { MountView } from "./mount-view.ts";
import { type MountEntry, readMountinfo } from "./mountinfo.ts";
import { type MountRequest, mountFilesystem } from "./mounts.ts";
import { type ImageMount, planImageMounts } from "./plan-image-mounts.ts";
import type { VolumeLayout } from "./probe-filesystem.ts";

export type { ImageMount };

export interface MountImageFstabInput {
  readonly view: MountView;
  readonly layout: VolumeLayout;
  readonly root: RootPart;
  /** The image, with its `/etc/fstab`, if it has one. */
  readonly tree: ImageTree;
  /**
   * Where a path in the image is for `mount` in the view, with the image's links resolved inside it; made if missing. A
   * slash at its end says that it is the image's root.
   */
  resolveMountPoint(pathInImage: string): Promise<string>;
  onWarning(message: string): void;
}

/**
 * Mounts what the image mounts from its own volume, by its fstab and by the types of its partitions: `/boot` and the EFI
 * system partition, and likewise other partitions, btrfs subvolumes and bind mounts, or provisioning would write below
 * them where the booted image never looks. Call it after the post-mount commands: where those mounted something, that
 * stays.
 * @returns what was mounted, in that order
 * @throws {DeviceError} for an fstab that is out of all proportion
 * @throws {MountError} when a file system does not mount or the kernel lacks it; for an EFI partition the latter is a warning
 */
export async function mountImageFstab(input: MountImageFstabInput): Promise<readonly ImageMount[]> {
  const fstab = parseFstab(input.tree.readText("/etc/fstab") ?? "");
  const { mounts, warnings } = planImageMounts({ ...input, fstab });
  for (const warning of warnings) input.onWarning(warning);
  const mounted: ImageMount[] = [];
  for (const mount of mounts) if (await mountOne(mount, input)) mounted.push(mount);
  return mounted;
}

async function mountOne(mount: ImageMount, input: MountImageFstabInput): Promise<boolean> {
  const { view, onWarning } = input;
  const { source, mountPoint, type, options, isEsp } = mount;
  if (mount.kind === "bind") return bindOne(mount, input);
  const target = await freeTarget(mount, input);
  if (target === undefined) return false;
  if (isEsp && !(await kernelSupports(view.runner, type))) {
    onWarning(`This kernel has no ${type}, so the EFI system partition "${source}" is not mounted on "${mountPoint}"`);
    return false;
  }
  await requireKernelSupport(view.runner, type, source);
  await mountWritable(view, { source, target, type, options });
  if (isReadOnly(await entryAt(view, target))) {
    onWarning(`The ${type} on "${source}" can only be read, so nothing can be changed in "${mountPoint}"`);
  }
  return true;
}

/** Read-only where the kernel can do no more: the build may not need to write there. */
async function mountWritable(view: MountView, request: MountRequest): Promise<void> {
  await mountFilesystem(view, request).catch(async (error: unknown) => {
    const readOnly = { ...request, options: [...(request.options ?? []), "ro"] };
    await mountFilesystem(view, readOnly).catch(() => {
      throw error;
    });
  });
}

/** Both ends are resolved in the image, after the mounts that they lie in. */
async function bindOne(mount: ImageMount, input: MountImageFstabInput): Promise<boolean> {
  const { source, mountPoint, type, options } = mount;
  if (!input.tree.stat(source)?.isDirectory()) {
    input.onWarning(
      `The image's fstab binds "${source}" to "${mountPoint}", but that is not a folder of the image; it is not mounted`,
    );
    return false;
  }
  const target = await freeTarget(mount, input);
  if (target === undefined) return false;
  await mountFilesystem(input.view, { source: await input.resolveMountPoint(source), target, type, options });
  return true;
}

/** Where to mount; `undefined` when something is there already, or the image's root would be hidden. */
async function freeTarget(
  { source, mountPoint }: ImageMount,
  { view, resolveMountPoint, onWarning }: MountImageFstabInput,
): Promise<string | undefined> {
  const target = await resolveMountPoint(mountPoint);
  if (target.endsWith("/")) {
    onWarning(`The image's fstab mounts "${source}" on "${mountPoint}", which leads to its root; it is not mounted`);
    return undefined;
  }
  return (await entryAt(view, target)) === undefined ? target : undefined;
}

async function entryAt({ mountinfoPath }: MountView, target: string): Promise<MountEntry | undefined> {
  return (await readMountinfo(mountinfoPath)).findLast(({ mountPoint }) => mountPoint === target);
}

/** A file system that nobody can write to, such as squashfs, or one that its kernel keeps from being written. */
function isReadOnly(entry: MountEntry | undefined): boolean {
  return entry !== undefined && [...entry.options, ...entry.superOptions].includes("ro");
}
