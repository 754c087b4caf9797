import { open, readdir } from "node:fs/promises";
import { basename, join } from "node:path";

/** A plugin's file that a Packer would find. */
export interface InstalledPlugin {
  readonly path: string;
  /** Made by this program, and so ours to replace and remove. */
  readonly isOurs: boolean;
  /** Claims the builder type `outscale-chroot`, or has other types of the official plugin. */
  readonly isOfficial: boolean;
}

/** A line at the beginning of every plugin file of ours. */
export const PLUGIN_MARK = "// outscale-chroot: the Packer plugin";
const BEGINNING_BYTES = 1024;
const CHECKSUM = "_SHA256SUM";
/** As deep as Packer looks. */
const DEEPEST = 16;

/** Every plugin below a folder that has to do with OUTSCALE, whichever layout it is in. */
export async function findInstalled(folder: string): Promise<InstalledPlugin[]> {
  const paths = (await listFiles(folder, DEEPEST)).filter(
    (path) => NAMES.test(basename(path)) && !path.endsWith(CHECKSUM),
  );
  return Promise.all(
    paths.map(async (path) => {
      const isOurs = await hasMark(path);
      return { path, isOurs, isOfficial: !isOurs && OFFICIAL.test(basename(path)) };
    }),
  );
}

const NAMES = /^packer-(builder|plugin)-(outscale|osc)/;
const OFFICIAL = /^packer-plugin-outscale(_|$)/;

/** The checksum's file beside a plugin's. */
export function checksumPath(path: string): string {
  return `${path}${CHECKSUM}`;
}

async function listFiles(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const lists = entries.map((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return depth > 0 ? listFiles(path, depth - 1) : [];
  });
  return (await Promise.all(lists)).flat().sort();
}

async function hasMark(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(BEGINNING_BYTES), 0, BEGINNING_BYTES, 0);
    return buffer.toString("utf8", 0, bytesRead).includes(PLUGIN_MARK);
  } finally {
    await file.close();
  }
}
