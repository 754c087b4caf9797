import { findBtrfsRoot, refuseSharedFsid } from "./btrfs.ts";
import type { RootPart } from "./find-root.ts";
import { requireKernelSupport } from "./kernel-filesystems.ts";
import type { MountView } from "./mount-view.ts";
import { mountFilesystem } from "./mounts.ts";

export interface MountRootInput {
  readonly view: MountView;
  readonly root: RootPart;
  readonly mountPath: string;
  /** The option `mount_options`; each may itself be a list with commas. */
  readonly userOptions: readonly string[];
}

/**
 * Mounts the root: xfs without its check for a second copy of the UUID, btrfs at the subvolume that has the system.
 * What the user gave comes last, and wins.
 * @returns the options it was mounted with
 * @throws {MountError} also when the kernel lacks the type
 * @throws {DeviceError} for a btrfs that this kernel cannot tell from one that is mounted
 */
export async function mountRoot({ view, root, mountPath, userOptions }: MountRootInput): Promise<readonly string[]> {
  const { path, filesystem } = root;
  await requireKernelSupport(view.runner, filesystem.type, path);
  const options = [...(await ownOptions(view, root, userOptions)), ...userOptions];
  await mountFilesystem(view, { source: path, target: mountPath, type: filesystem.type, options });
  return options;
}

/** Options that a type needs whatever is mounted of it. */
export function typeOptions(type: string): string[] {
  // A clone of an image carries the UUID of every other VM of that image, perhaps this very one.
  return type === "xfs" ? ["nouuid"] : [];
}

async function ownOptions(view: MountView, root: RootPart, userOptions: readonly string[]): Promise<readonly string[]> {
  if (root.filesystem.type !== "btrfs") return typeOptions(root.filesystem.type);
  await refuseSharedFsid(root);
  if (
    userOptions
      .join(",")
      .split(",")
      .some((option) => /^subvol(id)?=/.test(option))
  )
    return [];
  return (await findBtrfsRoot(view, root)).options;
}
