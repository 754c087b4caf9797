import { open, rmdir } from "node:fs/promises";
import { z } from "zod";
import { ignoreErrno, isErrno } from "../../common/errno.ts";
import { LeftoverError } from "../../common/errors.ts";
import { isStillAt, tryFlock } from "../../host/flock.ts";
import { absolutePath } from "../journal/absolute-path.ts";
import { noFacts, type ResourceKind } from "../resource-kind.ts";

/** A mount folder that we made. Removed with rmdir alone: what is in it is not ours to delete. */
const intent = z.strictObject({ path: absolutePath });

export const folderKind: ResourceKind<z.infer<typeof intent>, z.infer<typeof noFacts>> = {
  name: "folder",
  intent,
  facts: noFacts,
  isOfMachine: true,
  releaseLabel: (id) => `Removing the folder ${id}`,
  find: async (_context, { path }) => path,
  release: async (_context, { intent: { path } }) => removeFolder(path),
};

/**
 * Removes an empty folder that nobody uses. Removing one takes away what other mount namespaces have mounted on it: a
 * build that uses one therefore holds its shared lock (see `makeMountFolder()`), and the last one out removes it.
 * @param lock Takes the lock, or says that somebody else has it
 * @throws {LeftoverError} when something is mounted on it: it stays until that is gone
 */
export async function removeFolder(path: string, lock: (fd: number) => Promise<boolean> = tryFlock): Promise<void> {
  const folder = await open(path, "r").catch(ignoreErrno("ENOENT"));
  if (folder === undefined) return;
  try {
    // Another build that ends may have removed it meanwhile, and one that begins has made it anew: that one is in use.
    if (!(await lock(folder.fd)) || !(await isStillAt(path, folder))) return;
    await rmdir(path).catch(ignoreErrno("ENOENT", "ENOTEMPTY", "EEXIST"));
  } catch (error) {
    throw isErrno(error, "EBUSY") ? stillMounted(path, error) : error;
  } finally {
    await folder.close();
  }
}

function stillMounted(path: string, cause: unknown): LeftoverError {
  const message = `The folder "${path}" cannot be removed: something is mounted on it`;
  return new LeftoverError(message, {
    leftovers: [`folder ${path}`],
    cause,
    hint: `Unmount "${path}", and clean up again`,
  });
}
