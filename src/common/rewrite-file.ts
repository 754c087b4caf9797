import { realpath, stat, writeFile } from "node:fs/promises";
import { isErrno } from "./errno.ts";
import { makeWholeFile } from "./whole-file.ts";

/**
 * Gives a user's file another content, whole or not at all: on a full disk it stays as it was. Its mode and owner stay, and
 * a link to it stays a link. Where the folder takes no new file, or not with this owner, the file is written in its place.
 * @throws {Error} what the system says
 */
export async function rewriteFile(path: string, content: string): Promise<void> {
  const place = await realpath(path);
  const { mode, uid, gid } = await stat(place);
  const rewriting = makeWholeFile(place, async (file) => {
    await file.writeFile(content);
    const made = await file.stat();
    if (made.uid !== uid || made.gid !== gid) await file.chown(uid, gid);
    await file.chmod(mode & 0o7777);
  });
  await rewriting.catch(async (error: unknown) => {
    // The last is what a file says on which another is mounted, as into a container.
    if (!isErrno(error, "EACCES", "EPERM", "EBUSY")) throw error;
    await writeFile(place, content);
  });
}
