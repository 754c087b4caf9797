/** Below it every folder is some build's: the default of `mount_path`, which is the original's. */
export const DEFAULT_MOUNT_ROOT = "/mnt/packer-outscale-chroot-volumes";
