import { Random } from "./random.ts";

/** `npm run sweep` tries every point; a test run tries a sample that is the same for the same seed. */
export const isWholeSweep = process.env.OUTSCALE_CHROOT_SWEEP === "1";

/** All items in a whole sweep, else as many as are wanted, drawn by `OUTSCALE_CHROOT_SEED` (1 when absent). */
export function sample<Item>(items: readonly Item[], wanted: number): readonly Item[] {
  if (isWholeSweep || items.length <= wanted) return items;
  const random = new Random(Number(process.env.OUTSCALE_CHROOT_SEED ?? 1));
  const left = [...items];
  return Array.from({ length: wanted }, () => left.splice(random.below(left.length), 1)).flat();
}
