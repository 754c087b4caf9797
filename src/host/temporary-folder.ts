import { randomBytes } from "node:crypto";
import { lstat, mkdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ignoreErrno } from "../common/errno.ts";

/** A folder for files of ours, which only root can read. */
export interface TemporaryFolder {
  readonly path: string;
  /** Removes it with all that is in it. */
  remove(): Promise<void>;
  /** Leaves it to the user. */
  keep(): void;
}

/** Makes temporary folders; those of a build are in its journal, and `cleanup` removes them when it was killed. */
export type MakeTemporaryFolder = (prefix: string) => Promise<TemporaryFolder>;

/** A temporary folder that nothing but its maker knows of. */
export const makeTemporaryFolder: MakeTemporaryFolder = async (prefix) => {
  const path = await temporaryPath(prefix);
  await mkdir(path, { mode: 0o700 });
  return { path, remove: () => removeTemporaryFolder(path), keep: () => undefined };
};

/** A path in the folder for temporary files that nobody can guess, without links on the way. */
export async function temporaryPath(prefix: string): Promise<string> {
  return join(await realpath(tmpdir()), `${prefix}${randomBytes(6).toString("hex")}`);
}

/** Removes such a folder with all that is in it. What has taken its place since, and is not ours, stays. */
export async function removeTemporaryFolder(path: string): Promise<void> {
  const found = await lstat(path).catch(ignoreErrno("ENOENT"));
  if (found?.isDirectory() && found.uid === process.geteuid?.()) await rm(path, { recursive: true, force: true });
}
