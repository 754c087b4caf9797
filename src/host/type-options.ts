/** Types whose own superblock may ask the kernel to panic at the first error in it. @see tune2fs(8), -e */
const MAY_PANIC = new Set(["ext2", "ext3", "ext4", "jfs", "nilfs2"]);

/** Mount options that a type needs whatever is mounted of it. */
export function typeOptions(type: string): string[] {
  // A clone of an image carries the UUID of every other VM of that image, perhaps this very one.
  if (type === "xfs") return ["nouuid"];
  // This machine does not go down for a damaged image, whatever the image wishes.
  return MAY_PANIC.has(type) ? ["errors=remount-ro"] : [];
}
