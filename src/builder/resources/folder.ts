import { rmdir } from "node:fs/promises";
import type { ResourceKind } from "../resource-kind.ts";

/** A mount folder that we made. Removed with rmdir alone: what is in it is not ours to delete. */
export type FolderIntent = { readonly path: string };

export const folderKind: ResourceKind<FolderIntent> = {
  name: "folder",
  releaseLabel: (id) => `Removing the folder ${id}`,
  find: async (_context, { path }) => path,
  release: async (_context, { id }) => {
    try {
      await rmdir(id);
    } catch (error) {
      if (!isGoneOrUsed(error)) throw error;
    }
  },
};

/** Another build of the same mount path may have put its own mount or folder there meanwhile. */
function isGoneOrUsed(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTEMPTY" || code === "EBUSY" || code === "EEXIST";
}
