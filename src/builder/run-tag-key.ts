/** Marks what a build makes on its way. It helps people to find what a journal names; it proves nothing alone. */
export const RUN_TAG_KEY = "outscale-chroot:run";
