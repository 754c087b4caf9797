import { existsSync } from "node:fs";
import { type Clock, systemClock } from "../common/clock.ts";
import { MountError, messageOf } from "../common/errors.ts";
import { describeLoopHolder } from "./loop-holders.ts";
import { describeHolder, findHolders, findLoopsIn } from "./mount-holders.ts";
import type { MountView } from "./mount-view.ts";
import { type MountEntry, mountsBelow, readMountinfo } from "./mountinfo.ts";
import { findSwapIn } from "./turn-off-swap.ts";

export interface MountRequest {
  readonly source: string;
  /** Already resolved: the kernel follows links in it. */
  readonly target: string;
  readonly type?: string | undefined;
  readonly options?: readonly string[];
}

/**
 * Mounts a file system with mount(8).
 * @throws {MountError} with what mount said
 */
export async function mountFilesystem(view: MountView, request: MountRequest): Promise<void> {
  await view.runner.run(mountArgv(request), { brief: {} }).catch((cause) => {
    throw new MountError(`Cannot mount "${request.source}" on "${request.target}"`, { cause, target: request.target });
  });
}

/** The command line of a mount, without a shell. */
function mountArgv({ source, target, type, options = [] }: MountRequest): string[] {
  return [
    "mount",
    ...(type ? ["-t", type] : []),
    ...(options.length > 0 ? ["-o", options.join(",")] : []),
    "--",
    source,
    target,
  ];
}

export interface UnmountOptions {
  readonly view: MountView;
  readonly clock?: Clock;
  /** How long a busy mount is tried again, for what lets go of it in a moment; 5 000 ms. */
  readonly deadlineMs?: number;
}

export interface UnmountBelowOptions extends UnmountOptions {
  /** What stays, with nothing on it any more. */
  readonly spares?: (entry: MountEntry) => boolean;
}

/**
 * Unmounts everything at `path` and below, newest first, whoever mounted it. Never lazily: when it returns, this
 * namespace has nothing there any more, but what is to stay. Takes no abort signal, because it runs after a cancel too.
 * @returns what was unmounted, in that order
 * @throws {MountError} when a mount stays busy, with the processes that hold it
 */
export async function unmountBelow(path: string, options: UnmountBelowOptions): Promise<MountEntry[]> {
  const { clock = systemClock, spares = () => false } = options;
  const deadline = clock.now() + (options.deadlineMs ?? 5_000);
  const unmounted: MountEntry[] = [];
  for (;;) {
    const mounts = mountsBelow(await readMountinfo(options.view.mountinfoPath), path).filter((entry) => !spares(entry));
    const [newest] = mounts;
    if (!newest) return unmounted;
    const failures: unknown[] = [];
    // One that another hides, or that was moved, cannot go before that one: the first that can, goes.
    for (const mount of mounts) {
      const failure = await unmountOnce(mount, options.view);
      if (!failure) break;
      failures.push(failure);
    }
    const left = new Set((await readMountinfo(options.view.mountinfoPath)).map(({ id }) => id));
    unmounted.push(...mounts.filter(({ id }) => !left.has(id)));
    if (failures.length < mounts.length) continue;
    if (clock.now() >= deadline) throw await busyError(newest, options.view, failures[0]);
    await clock.sleep(RETRY_MS);
  }
}

export const RETRY_MS = 200;

/** Unmounts what is on top at this place. @returns why it failed; `undefined` when it is unmounted */
export async function unmountOnce({ mountPoint }: MountEntry, { runner }: MountView): Promise<unknown> {
  // The path comes from the kernel: it is canonical, and -c keeps umount from asking the file system about it again.
  return runner.run(["umount", "-c", "--", mountPoint], { brief: {} }).then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** The error of a mount that stays busy, with the processes that are in it. */
export async function busyError(
  { mountPoint, source }: MountEntry,
  view: MountView,
  cause: unknown,
): Promise<MountError> {
  // Another mount namespace that has the file system too does not keep this mount busy.
  const holders = (await findHolders(mountPoint, { view })).filter(({ isInside }) => isInside);
  const loops = await findLoopsIn(mountPoint, { view });
  const swaps = await findSwapHolders(mountPoint, view);
  const held = [...holders.map(describeHolder), ...loops.map(describeLoopHolder), ...swaps];
  const lines = held.map((line) => `\n  ${line}`);
  const who = lines.length > 0 ? `, which is held by:${lines.join("")}` : `: ${messageOf(cause)}`;
  const hint = lines.length > 0 ? hintFor(holders.length > 0, loops.length + swaps.length > 0) : undefined;
  // "target is busy" says less than who it is that holds it.
  const reason = lines.length > 0 ? {} : { cause };
  return new MountError(`Cannot unmount "${source}" from "${mountPoint}"${who}`, {
    ...reason,
    hint,
    target: mountPoint,
  });
}

/** Swap files of the tree, on one line each. Looking for them may not hide the failure itself. */
async function findSwapHolders(mountPoint: string, view: MountView): Promise<string[]> {
  const paths = await findSwapIn(mountPoint, view).catch(() => []);
  // With such a path in this machine's own root, it is more likely the swap file of this machine.
  const own = paths.filter((path) => !existsSync(`${view.rootPrefix}${path.slice(mountPoint.length)}`));
  return own.map((path) => `the swap file ${path} (free it: swapoff ${path})`);
}

function hintFor(hasProcesses: boolean, hasLoops: boolean): string {
  const processes = hasProcesses ? ["Stop these processes, or have them leave the folder"] : [];
  const loops = hasLoops ? ["Free the swap files and loop devices"] : [];
  return `${[...processes, ...loops].join(". ")}. Then clean up again`;
}
