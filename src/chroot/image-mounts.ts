import { closeSync, existsSync } from "node:fs";
import { MountError } from "../common/errors.ts";
import { CommandError, describeExit, MissingProgramError } from "../host/command-error.ts";
import type { MountView } from "../host/mount-view.ts";
import { type MountEntry, readMountinfo } from "../host/mountinfo.ts";
import { unmountBelow } from "../host/mounts.ts";
import { LentFolder, type Warn } from "./folder-times.ts";
import { fdPath, mountIdOf, openFolder, toText } from "./openat.ts";
import { RootFolder } from "./root-folder.ts";

/** An entry of `chroot_mounts`. */
export interface ChrootMount {
  /** `bind` shows a folder of the host. */
  readonly fsType: string;
  readonly source: string;
  /** Its place in the image. */
  readonly target: string;
  /** As `mount -o` takes them. */
  readonly options?: string;
}

/** Where an image is mounted, in the view of its build. */
export interface MountedImage {
  readonly view: MountView;
  readonly mountPath: string;
  /** This machine sees it through a window: what is mounted in a bind mount has to reach the copy there. */
  readonly isSeen?: boolean;
}

/** Something that is mounted in the image for the time of the build. */
export interface ImageMountHandle {
  readonly source: string;
  /** Its place in the image, without links. */
  readonly target: string;
  /** As the mount table had it when it was made. */
  readonly entry: MountEntry | undefined;
  /**
   * Unmounts it and what is below it, then removes the folders that were made for it.
   * @param warn Told when a folder cannot have its earlier time
   * @throws {MountError} when it stays busy, with the processes that hold it
   */
  release(warn?: Warn): Promise<void>;
}

const DEFAULTS: readonly ChrootMount[] = [
  { fsType: "proc", source: "proc", target: "/proc" },
  { fsType: "sysfs", source: "sysfs", target: "/sys" },
  { fsType: "bind", source: "/dev", target: "/dev" },
  { fsType: "devpts", source: "devpts", target: "/dev/pts" },
];
const BINFMT_MISC: ChrootMount = {
  fsType: "binfmt_misc",
  source: "binfmt_misc",
  target: "/proc/sys/fs/binfmt_misc",
};

/**
 * What is mounted in an image: `chroot_mounts`, or when that is empty the original's defaults, with binfmt_misc only where
 * this machine's kernel has it.
 * @param binfmtMisc The folder that the kernel has then
 */
export function chosenChrootMounts(
  configured: readonly ChrootMount[],
  binfmtMisc = BINFMT_MISC.target,
): readonly ChrootMount[] {
  if (configured.length > 0) return configured;
  return existsSync(binfmtMisc) ? [...DEFAULTS, BINFMT_MISC] : DEFAULTS;
}

/**
 * Mounts one entry of `chroot_mounts`. Its place is resolved inside the image and made (0755) if it is not there; the
 * mount program gets the folder itself, as a descriptor, so that nothing can be swapped under it. Bind mounts are
 * private: what is mounted in the image's `/dev` does not turn up in the host's. (Behind a window nothing inside reaches the
 * host's mounts anyway.)
 * @param onMake Told which folders will be made, outermost first, before they are
 * @throws {MountError}
 */
export async function mountInImage(
  image: MountedImage,
  mount: ChrootMount,
  onMake: (folders: readonly string[]) => void = () => undefined,
): Promise<ImageMountHandle> {
  const { fsType: type, source, target } = mount;
  const root = new RootFolder(`${image.view.rootPrefix}${image.mountPath}`);
  const missing = root.missingFolders(target);
  if (missing.length > 0) onMake(missing);
  const lent = new LentFolder(root, target);
  const point = undoing(
    () => openMountPoint(root, target),
    () => root.removeEmptyFolders(missing),
  );
  lent.noteMade();
  const removeMade = (warn?: Warn) => lent.afterRemoving(() => root.removeEmptyFolders(point.made), warn);
  try {
    const kind = type === "bind" ? ["--bind"] : ["-t", type];
    const options = mount.options === undefined ? [] : ["-o", mount.options];
    await mountOnFolder(image, mount, point, [...kind, ...options, source]);
  } catch (error) {
    removeMade();
    throw error;
  } finally {
    closeSync(point.fd);
  }
  const id = readMountId(root, target);
  const entry = await findMount(image.view, (each) => each.id === id);
  const release = async (warn?: Warn) => {
    if (entry) await unmountEntry(image.view, entry);
    removeMade(warn);
  };
  try {
    if (id === point.mountId) throw mountError(mount, "something else took its place meanwhile");
    if (type === "bind" && !image.isSeen) await makePrivate(image, mount, root);
  } catch (error) {
    if (id !== point.mountId) await release();
    throw error;
  }
  return { source, target: point.path, entry, release };
}

function undoing<T>(make: () => T, undo: () => void): T {
  try {
    return make();
  } catch (error) {
    undo();
    throw error;
  }
}

interface MountPoint {
  readonly fd: number;
  /** Without links. */
  readonly path: string;
  /** The mount that the folder is on. */
  readonly mountId: number;
  readonly made: readonly string[];
}

function openMountPoint(root: RootFolder, target: string): MountPoint {
  const options = { onMissing: { makeFolders: 0o755 } };
  return root.withPlace("make the mount point", target, options, (place) => {
    const fd = openFolder(fdPath(place.fd as number));
    return { fd, path: toText(place.path), mountId: mountIdOf(fd), made: place.made.map(toText) };
  });
}

/** The mount that a path of the image is on now. */
function readMountId(root: RootFolder, target: string): number {
  return root.withPlace("read", target, { onMissing: "fail" }, ({ fd }) => mountIdOf(fd as number));
}

async function makePrivate(image: MountedImage, mount: ChrootMount, root: RootFolder): Promise<void> {
  const point = openMountPoint(root, mount.target);
  try {
    await mountOnFolder(image, mount, point, ["--make-private"]);
  } finally {
    closeSync(point.fd);
  }
}

/**
 * Runs mount(8) on a folder that it gets as its standard input, which also wrappers such as sudo pass on. The path ends
 * in `/.`, as move_mount(2) of newer mount programs follows no link at the end.
 */
async function mountOnFolder(
  { view, mountPath }: MountedImage,
  mount: ChrootMount,
  { fd, path }: Pick<MountPoint, "fd" | "path">,
  args: readonly string[],
): Promise<void> {
  const argv = ["mount", "--no-canonicalize", ...args, "/proc/self/fd/0/."];
  const brief = { stdinPath: `${mountPath}${path}` };
  await view.runner.run(argv, { stdin: fd, brief }).catch((error: unknown) => {
    if (!(error instanceof CommandError) || error instanceof MissingProgramError) throw error;
    throw mountError(mount, error.stderr.trim() || describeExit(error.status));
  });
}

async function findMount(view: MountView, isIt: (entry: MountEntry) => boolean): Promise<MountEntry | undefined> {
  return (await readMountinfo(view.mountinfoPath)).find(isIt);
}

/** Wherever it is by now: a folder above it may have been renamed. */
async function unmountEntry(view: MountView, entry: MountEntry): Promise<void> {
  const now = await findMount(view, (each) => isSame(each, entry));
  if (now) await unmountBelow(now.mountPoint, { view });
}

/** Numbers are used again, so more is compared. */
function isSame(a: MountEntry, b: MountEntry): boolean {
  return a.id === b.id && a.parentId === b.parentId && a.device === b.device;
}

/**
 * Unmounts with one program what is not busy and has nothing else mounted on it. Never fails: each handle is to be released
 * all the same, and finds out what stays and why.
 */
export async function unmountTogether(view: MountView, handles: readonly ImageMountHandle[]): Promise<void> {
  const table = await readMountinfo(view.mountinfoPath).catch(() => []);
  const newestFirst = handles.toReversed().flatMap(({ entry }) => {
    const now = entry && table.find((each) => isSame(each, entry));
    return now ? [now.mountPoint] : [];
  });
  if (newestFirst.length < 2) return;
  await view.runner.run(["umount", "-c", "--", ...newestFirst], { brief: {} }).catch(() => undefined);
}

function mountError({ source, target }: ChrootMount, reason: string): MountError {
  // mount names its target by the descriptor that we gave it.
  const readable = reason.replaceAll("/proc/self/fd/0/.", target);
  return new MountError(`Cannot mount "${source}" on "${target}" in the image: ${readable}`, { target });
}
