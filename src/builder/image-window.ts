import { MountWindow } from "../chroot/mount-window.ts";
import { messageOf } from "../common/errors.ts";
import { readBootId } from "../host/boot-id.ts";
import { hostView } from "../host/mount-view.ts";
import { isSameMount, type MountEntry } from "../host/mountinfo.ts";
import { unmountOwn } from "../host/unmount-own.ts";
import type { Build } from "./build.ts";
import { assertNothingMounted, makeMountFolder } from "./mount-folder.ts";
import { mountKind } from "./resources/mount.ts";
import type { Scope } from "./scope.ts";

/** How much of the image this machine sees while it is built: with `isolation = "private"` nothing. */
export interface ImageWindow {
  /**
   * Mounts something in the sandbox, and writes down what this machine sees of it.
   * @param sources What is mounted, as the mount table will name it
   */
  mounting<Result>(sources: readonly string[], mount: () => Promise<Result>): Promise<Result>;
  /**
   * What is mounted in the sandbox from now on is not seen. What is seen is unmounted before the mount points are removed; what
   * somebody holds is told when the scope ends.
   */
  seal(): Promise<void>;
  /** Is this mount of the sandbox the window itself, and not what is seen in it? */
  isIt(entry: MountEntry): boolean;
}

/** The window of a build that nobody looks into. */
export const noWindow: ImageWindow = {
  mounting: (_sources, mount) => mount(),
  seal: async () => undefined,
  isIt: () => false,
};

/**
 * Opens the window of a build with `isolation = "host"`. A window outlives us, and what is seen there does: both are in the
 * journal.
 *
 * Acquires: the mount folder and the window, with what is mounted there later.
 * @throws {MountError} when the mount path is in use
 */
export async function openWindow(
  build: Build,
  { mountPath, mounted }: { readonly mountPath: string; readonly mounted: Scope },
): Promise<{ readonly mountWindow: MountWindow; readonly window: ImageWindow }> {
  const { runId, host, clock, log } = build;
  await assertNothingMounted("/proc/self/mountinfo", mountPath);
  await makeMountFolder(mounted, mountPath);
  const name = `outscale-chroot-${runId}`;
  const mountWindow = new MountWindow({ mountPath, name, host });
  const lease = await mounted.acquire(mountKind, { mountPath, source: name, bootId: readBootId() }, async () => {
    await mountWindow.open();
    return mountPath;
  });
  const noteCopies = async () => {
    const mounts = await mountWindow.copies();
    lease.note({ mounts: [...mounts], expected: [] });
    return mounts;
  };
  const close = async () => {
    const mounts = await mountWindow.copies();
    const isOurs = (entry: MountEntry) => mounts.some((known) => isSameMount(entry, known));
    await unmountOwn({ view: hostView(host), clock, isOurs }).catch((error: unknown) => {
      log.write({ kind: "note", message: `Something holds what is mounted on ${mountPath}: ${messageOf(error)}` });
    });
  };
  const window: ImageWindow = {
    mounting: async (sources, mount) => {
      lease.note({ expected: [...sources] });
      return mount().finally(noteCopies);
    },
    seal: async () => {
      // Until now what is unmounted in the sandbox is unmounted outside, too.
      mounted.defer(`Unmounting what this machine sees on ${mountPath}`, close);
      await mountWindow.seal();
      await noteCopies();
    },
    isIt: (entry) => mountWindow.isIt(entry),
  };
  return { mountWindow, window };
}
