/** Something that keeps an image from booting, or may. */
export interface Finding {
  /** `error`: the image cannot boot, or not as intended. `warning`: it may, but should be looked at. */
  readonly severity: "error" | "warning";
  /** What is wrong, with the value: `root=/dev/loop0p1 names a device of the builder`. */
  readonly what: string;
  /** File and line inside the image, or the partition: `/boot/grub/grub.cfg:104`. */
  readonly where: string;
  /** What the user can do. */
  readonly hint?: string | undefined;
}

/** A finding on one line, for people. */
export function describeFinding({ where, what, hint }: Finding): string {
  return `${where}: ${what}${hint ? ` (${hint})` : ""}`;
}
