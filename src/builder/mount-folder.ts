import type { Stats } from "node:fs";
import { type FileHandle, mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ignoreErrno, isErrno } from "../common/errno.ts";
import { MountError } from "../common/errors.ts";
import { DEFAULT_MOUNT_ROOT } from "../config/mount-root.ts";
import { isStillAt, tryFlock } from "../host/flock.ts";
import { mountsBelow, readMountinfo } from "../host/mountinfo.ts";
import { folderKind, removeFolder } from "./resources/folder.ts";
import type { Scope } from "./scope.ts";

/** With `isolation = "host"` any user could otherwise run the image's set-user-ID programs, and write to its `/tmp`. */
const FOR_US_ALONE = 0o700;
/** In such a folder nobody renames what is another's. @see inode(7), S_ISVTX */
const STICKY = 0o1000;
const ATTEMPTS = 20;

type Holder = Pick<Scope, "acquire" | "defer">;

/**
 * Makes the folder to mount on, and those on the way to it. Builds in mount namespaces of their own may use the same one
 * at the same time.
 *
 * Acquires: the folders that were missing, and the use of the last one; whoever uses it last removes it.
 * @throws {MountError} when something on the way is no folder, or is another user's
 */
export async function makeMountFolder(mounted: Holder, path: string): Promise<void> {
  await refuseOthersFolder(path);
  const folder = await insist(path, async () => (await makeFolders(mounted, path)) && useFolder(path));
  mounted.defer(`Leaving ${path}`, () => folder.close());
}

/** The same without a journal, for who only looks around: what it made is removed again with `release`. */
export async function borrowMountFolder(path: string): Promise<{ readonly release: () => Promise<void> }> {
  const isThere = await isFolder(path);
  const folder = await insist(path, async () => {
    await mkdir(path, { mode: FOR_US_ALONE, recursive: true });
    return useFolder(path);
  });
  return {
    release: async () => {
      await folder.close();
      if (!isThere) await removeFolder(path);
    },
  };
}

/**
 * Whoever may rename a folder on the way takes the mount off its path, in a private namespace even while it is busy, and
 * what is put there instead is what the next command runs in, as root.
 */
async function refuseOthersFolder(path: string): Promise<void> {
  const found = await stat(path).catch(ignoreErrno("ENOENT"));
  const problem = found && othersRightTo(found);
  if (problem !== undefined) {
    throw new MountError(`Cannot mount below "${path}": ${problem}`, {
      target: path,
      hint: "Choose a mount_path whose parent folders belong to root, who alone may write to them",
    });
  }
  if (path !== "/") await refuseOthersFolder(dirname(path));
}

/** @returns who else may rename what is in such a folder */
export function othersRightTo(
  { uid, gid, mode }: Pick<Stats, "uid" | "gid" | "mode">,
  { SUDO_UID = "0", SUDO_GID = "0" }: NodeJS.ProcessEnv = process.env,
): string | undefined {
  // Who came by sudo may do it all the same.
  if (![0, process.geteuid?.(), Number(SUDO_UID)].includes(uid)) return `user ${uid} owns it`;
  if ((mode & STICKY) !== 0) return undefined;
  if ((mode & 0o002) !== 0) return "everybody may write to it";
  const isGroups = (mode & 0o020) !== 0 && ![0, process.getegid?.(), Number(SUDO_GID)].includes(gid);
  return isGroups ? `group ${gid} may write to it` : undefined;
}

/** @returns false when another build that ends has removed the folder above meanwhile, as it was empty */
async function makeFolders(mounted: Holder, path: string): Promise<boolean> {
  const isThere = await isFolder(path);
  if (isThere && !path.startsWith(`${DEFAULT_MOUNT_ROOT}/`)) return true;
  if (!(await makeFolders(mounted, dirname(path)))) return false;
  try {
    await mounted.acquire(folderKind, { path }, async () => {
      await mkdir(path, { mode: FOR_US_ALONE }).catch(ignoreErrno("EEXIST"));
      return path;
    });
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}

/** Opens the folder and takes its shared lock. @returns undefined when somebody removes it in between */
async function useFolder(path: string): Promise<FileHandle | undefined> {
  const folder = await open(path, "r").catch(ignoreErrno("ENOENT"));
  if (folder === undefined) return undefined;
  if ((await tryFlock(folder.fd, "shared")) && (await isStillAt(path, folder))) return folder;
  await folder.close();
  return undefined;
}

/** Makes the folder, and begins anew as long as builds that end remove it, or what is above it. */
async function insist(path: string, make: () => Promise<FileHandle | undefined | false>): Promise<FileHandle> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const folder = await make();
    if (folder) return folder;
  }
  throw new MountError(`"${path}" is removed by others again and again`, {
    target: path,
    hint: "Let every build have its own path: mount_path with {{.Device}}",
  });
}

/** @throws {MountError} when something is mounted at the path, or below it, in the mount table at `mountinfoPath` */
export async function assertNothingMounted(mountinfoPath: string, mountPath: string): Promise<void> {
  const there = mountsBelow(await readMountinfo(mountinfoPath), mountPath);
  if (there.length === 0) return;
  const places = there.map(({ mountPoint }) => mountPoint).join(", ");
  throw new MountError(`Something is mounted on "${mountPath}" already: ${places}`, {
    target: mountPath,
    hint: "Unmount it, or let every build have its own path: mount_path with {{.Device}}",
  });
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(ignoreErrno("ENOENT"));
  if (found === undefined || found.isDirectory()) return found !== undefined;
  throw new MountError(`"${path}" is not a folder`, { target: path, hint: "Choose another mount_path" });
}
