import { open, rmdir } from "node:fs/promises";
import { ignoreErrno } from "../../common/errno.ts";
import { tryFlock } from "../../host/flock.ts";
import type { ResourceKind } from "../resource-kind.ts";

/** A mount folder that we made. Removed with rmdir alone: what is in it is not ours to delete. */
export type FolderIntent = { readonly path: string };

export const folderKind: ResourceKind<FolderIntent> = {
  name: "folder",
  releaseLabel: (id) => `Removing the folder ${id}`,
  find: async (_context, { path }) => path,
  release: async (_context, { id }) => removeFolder(id),
};

/**
 * Removes an empty folder that nobody uses. Removing one takes away what other mount namespaces have mounted on it: a
 * build that uses one therefore holds its shared lock (see `makeMountFolder()`), and the last one out removes it.
 */
export async function removeFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(ignoreErrno("ENOENT"));
  if (folder === undefined) return;
  try {
    if (await tryFlock(folder.fd)) await rmdir(path).catch(ignoreErrno("ENOENT", "ENOTEMPTY", "EBUSY", "EEXIST"));
  } finally {
    await folder.close();
  }
}
