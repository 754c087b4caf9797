import { Random } from "./random.ts";

/** `npm run sweep` tries every point; a test run tries a sample that is the same for the same seed. */
export const isWholeSweep = process.env.OUTSCALE_CHROOT_SWEEP === "1";

/** How often a property is tried: in full in a whole sweep, and as often as `OUTSCALE_CHROOT_FUZZ` says. */
export function propertyRuns(full: number): number {
  return Number(process.env.OUTSCALE_CHROOT_FUZZ ?? (isWholeSweep ? full : Math.ceil(full / 10)));
}

/** All items in a whole sweep, else as many as are wanted, drawn by `OUTSCALE_CHROOT_SEED` (1 when absent). */
export function sample<Item>(items: readonly Item[], wanted: number): readonly Item[] {
  if (isWholeSweep || items.length <= wanted) return items;
  const random = new Random(Number(process.env.OUTSCALE_CHROOT_SEED ?? 1));
  const left = [...items];
  return Array.from({ length: wanted }, () => left.splice(random.below(left.length), 1)).flat();
}
