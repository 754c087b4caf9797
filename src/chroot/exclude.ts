import { compilePathGlob, type Glob } from "../common/glob.ts";

/** A slash at the beginning or within ties a glob to the tree; without one it is a name at any depth. */
export function compileExclude(exclude: string): Glob {
  const folder = exclude.replace(/\/$/, "");
  const glob = compilePathGlob(folder.includes("/") ? folder.replace(/^\.?\//, "") : `**/${folder}`);
  if (!glob) throw new Error(`"${exclude}" is not a pattern of file names`);
  return glob;
}
