/** The type whose builder this is. Templates may have others beside it, for Packer to build. */
export const BUILDER_TYPE = "outscale-chroot";
