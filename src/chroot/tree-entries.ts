import type { BigIntStats } from "node:fs";
import { compilePathGlob, type Glob } from "../common/glob.ts";

/** A slash at the beginning or within ties a glob to the tree; without one it is a name at any depth. */
export function compileExclude(exclude: string): Glob {
  const folder = exclude.replace(/\/$/, "");
  const glob = compilePathGlob(folder.includes("/") ? folder.replace(/^\.?\//, "") : `**/${folder}`);
  if (!glob) throw new Error(`"${exclude}" is not a pattern of file names`);
  return glob;
}

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
