import { RootFolder } from "../chroot/root-folder.ts";
import type { RootPart } from "../host/find-root.ts";
import { type ImageMount, mountImageFstab } from "../host/mount-image-fstab.ts";
import type { MountView } from "../host/mount-view.ts";
import type { VolumeLayout } from "../host/probe-filesystem.ts";
import type { BuildSandbox } from "./open-image.ts";

export interface MountImagePartsInput {
  readonly sandbox: BuildSandbox;
  /** The sandbox's mounts. */
  readonly view: MountView;
  readonly mountPath: string;
  readonly layout: VolumeLayout;
  readonly root: RootPart;
  onWarning(message: string): void;
}

/**
 * Mounts below the image's root what the booted image mounts from the same volume. Every place is resolved inside the
 * image, so that its links cannot lead outside.
 */
export async function mountImageParts(input: MountImagePartsInput): Promise<readonly ImageMount[]> {
  const { sandbox, view, mountPath, layout, root, onWarning } = input;
  const tree = new RootFolder(sandbox.hostPath(mountPath));
  const resolveMountPoint = async (path: string) => {
    const resolved = tree.resolve(path);
    tree.makeFolders(resolved, 0o755);
    return `${mountPath}${resolved}`;
  };
  return mountImageFstab({ view, layout, root, tree, resolveMountPoint, onWarning });
}
