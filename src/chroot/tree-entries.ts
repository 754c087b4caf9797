import type { BigIntStats } from "node:fs";

/** One file system object, whatever its names. */
export function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/**
 * A time as Node takes it, in seconds. It goes through a double and loses what is below a microsecond; half a one is
 * added, so that the microseconds themselves come out right.
 */
export function toSeconds(ns: bigint): number {
  const us = ns / 1000n;
  return Number(us / 1_000_000n) + (Number(us % 1_000_000n) + 0.5) / 1e6;
}
