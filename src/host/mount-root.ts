import { realpath } from "node:fs/promises";
import { MountError } from "../common/errors.ts";
import { findBtrfsRoot, refuseSharedFsid } from "./btrfs.ts";
import type { RootPart } from "./find-root.ts";
import { requireKernelSupport } from "./kernel-filesystems.ts";
import type { LookView, MountView } from "./mount-view.ts";
import { mountFilesystem } from "./mounts.ts";
import { withReadOnlyMount } from "./read-only-mount.ts";
import { namesSubvolume } from "./require-system.ts";
import { typeOptions } from "./type-options.ts";

export interface MountRootInput {
  readonly view: MountView;
  /** Where a btrfs is looked at first, for the subvolume that has the system. */
  readonly lookView: LookView;
  readonly root: RootPart;
  readonly mountPath: string;
  /** The option `mount_options`; each may itself be a list with commas. */
  readonly userOptions: readonly string[];
}

/**
 * Mounts the root: xfs without its check for a second copy of the UUID, ext4 without the right to take this machine down,
 * btrfs at the subvolume that has the system.
 * What the user gave comes last, and wins.
 * @returns the options it was mounted with
 * @throws {MountError} also when the kernel lacks the type, or the mount path leads over a link
 * @throws {DeviceError} for a btrfs that this kernel cannot tell from one that is mounted
 */
export async function mountRoot(input: MountRootInput): Promise<readonly string[]> {
  const { view, lookView, root, mountPath, userOptions } = input;
  const { path, filesystem } = root;
  await requireKernelSupport(view.runner, filesystem.type, path);
  await refuseLinkedPath(mountPath);
  const options = [...(await ownOptions(lookView, root, userOptions)), ...userOptions];
  await mountFilesystem(view, { source: path, target: mountPath, type: filesystem.type, options }).catch(
    async (cause) => {
      if (await canOnlyBeRead(lookView, root)) throw readOnlyError(root, mountPath, cause);
      throw cause;
    },
  );
  return options;
}

/** A file system with features that its kernel does not know may be one that it still reads. */
async function canOnlyBeRead(view: LookView, root: RootPart): Promise<boolean> {
  return withReadOnlyMount(view, root, async () => true).catch(() => false);
}

function readOnlyError({ path, filesystem }: RootPart, target: string, cause: unknown): MountError {
  return new MountError(`This kernel can read the ${filesystem.type} on "${path}", but not write to it`, {
    ...{ cause, target },
    hint: "It was made with features that are newer than this kernel: build on a VM with a newer one",
  });
}

/** The mount table has real paths only: what is mounted through a link would not be found again. */
async function refuseLinkedPath(mountPath: string): Promise<void> {
  const real = await realpath(mountPath).catch((cause) => {
    throw new MountError(`Cannot find the mount folder "${mountPath}"`, { cause, target: mountPath });
  });
  if (real === mountPath) return;
  const hint = `Set mount_path to "${real}"`;
  throw new MountError(`The mount path "${mountPath}" goes through a symbolic link`, { target: mountPath, hint });
}

async function ownOptions(view: LookView, root: RootPart, userOptions: readonly string[]): Promise<readonly string[]> {
  if (root.filesystem.type !== "btrfs") return typeOptions(root.filesystem.type);
  await refuseSharedFsid(root);
  if (namesSubvolume(userOptions)) return [];
  return (await findBtrfsRoot(view, root)).options;
}
