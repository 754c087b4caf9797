import { randomBytes } from "node:crypto";
import { type ImageMountHandle, type MountedImage, mountInImage } from "./image-mounts.ts";

/**
 * Mounts a folder for scripts in the image: in memory, so that what is in them is never on the image's disk, not even in
 * blocks that have been freed. It lies in the root folder, as provisioning mounts over `/tmp` and `/run`, cleans them
 * (`rm -rf /tmp/*`) and makes them noexec. Every user of the image may read in there, as `sudo -u` needs it, and root alone
 * may write.
 * @param onMake Told before the folder is made, as {@link mountInImage} does it
 * @throws {MountError} and {TransferError} where the image's root folder cannot be written to
 */
export function mountScriptFolder(
  image: MountedImage,
  onMake?: (folders: readonly string[]) => void,
): Promise<ImageMountHandle> {
  const target = `/.outscale-chroot-${randomBytes(6).toString("hex")}`;
  return mountInImage(image, { fsType: "tmpfs", source: "tmpfs", target, options: "mode=0755,nosuid,nodev" }, onMake);
}
