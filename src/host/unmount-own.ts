import { systemClock } from "../common/clock.ts";
import { LeftoverError } from "../common/errors.ts";
import { type MountEntry, mountOf, mountsBelow, readMountinfo } from "./mountinfo.ts";
import { busyError, RETRY_MS, type UnmountOptions, unmountOnce } from "./mounts.ts";
import { shellQuote } from "./shell-quote.ts";

export interface UnmountOwnInput extends UnmountOptions {
  /** Is this mount proven to be ours? */
  isOurs(entry: MountEntry): boolean;
}

/**
 * Unmounts the mounts that are ours, newest first, and no other. Never lazily.
 * @throws {LeftoverError} when somebody else's mount is on one of them: it stays, and is named
 * @throws {MountError} when one stays busy, with the processes that hold it
 */
export async function unmountOwn({ isOurs, ...options }: UnmountOwnInput): Promise<void> {
  const { view, clock = systemClock, deadlineMs = 5_000 } = options;
  const deadline = clock.now() + deadlineMs;
  for (;;) {
    const mounts = await readMountinfo(view.mountinfoPath);
    const own = mounts.filter(isOurs).reverse();
    if (own.length === 0) return;
    const free = own.filter((entry) => isOnTop(mounts, entry));
    const failures: unknown[] = [];
    for (const entry of free) {
      const failure = await unmountOnce(entry, view);
      if (failure === undefined) break;
      failures.push(failure);
    }
    if (failures.length < free.length) continue;
    const [first = own[0]] = free;
    const others = own.flatMap((entry) => mountsOn(mounts, entry, isOurs));
    if (others.length > 0 && (free.length === 0 || clock.now() >= deadline)) throw othersError(own, others);
    if (first !== undefined && clock.now() >= deadline) throw await busyError(first, view, failures[0]);
    await clock.sleep(RETRY_MS);
  }
}

/** Would its place, given to umount(8), mean this very mount? */
function isOnTop(mounts: readonly MountEntry[], { id, mountPoint }: MountEntry): boolean {
  return mountOf(mounts, mountPoint)?.id === id && !mounts.some(({ parentId }) => parentId === id);
}

/** What somebody else has mounted directly on a mount of ours, and whatever is on that. */
function mountsOn(
  mounts: readonly MountEntry[],
  { id }: MountEntry,
  isOurs: (entry: MountEntry) => boolean,
): MountEntry[] {
  const direct = mounts.filter((each) => each.parentId === id && !isOurs(each));
  return direct.flatMap((each) => [
    each,
    ...mountsBelow(mounts, each.mountPoint).filter(({ parentId }) => parentId === each.id),
  ]);
}

function othersError(own: readonly MountEntry[], others: readonly MountEntry[]): LeftoverError {
  const lines = others.map(({ source, fsType, mountPoint }) => `"${source}" (${fsType}) on "${mountPoint}"`);
  const [base] = own.slice(-1);
  const message = `"${base?.mountPoint}" cannot be unmounted, as somebody else has mounted there:\n  ${lines.join("\n  ")}`;
  const command = shellQuote(["umount", ...[...others].reverse().map(({ mountPoint }) => mountPoint)]);
  return new LeftoverError(message, {
    leftovers: lines.map((line) => `mount of somebody else: ${line}`),
    hint: `If nobody needs it: ${command}. Then run: outscale-chroot cleanup`,
  });
}
