import { closeSync, openSync } from "node:fs";
import { ignoreErrno, isErrno } from "../common/errno.ts";
import { isSameMount, type MountEntry, type MountIdentity, readMountinfo, visibleMounts } from "../host/mountinfo.ts";
import { hostRunner } from "../host/run-command.ts";
import { SandboxError } from "./anchor.ts";
import { laterRestriction } from "./container-script.ts";
import { fdPathForChildren, mountIdOf, O_PATH } from "./openat.ts";

/** Words before a program of ours that is in a container's mount namespace, and has its root folder outside. */
export function besideContainer(pid: number): readonly string[] {
  return ["nsenter", `--mount=/proc/${pid}/ns/mnt`, "--root=/", "--wd=/", "--"];
}

/** Mounts come and go while one looks. */
const ATTEMPTS = 5;
/** @see mount(8), exit status */
const MOUNT_FAILED = 32;

/**
 * The mounts that come into a container when it is there already: what the sandbox mounts in the image turns up with the flags
 * that it has out there, by which a node that root makes on it would open any disk of this machine.
 */
export class LaterMounts {
  readonly #pid: number;
  readonly #known: readonly MountIdentity[];

  /**
   * @param pid The container's first process
   * @param known The mounts that it began with: those have the flags that they are to have
   */
  constructor(pid: number, known: readonly MountIdentity[]) {
    this.#pid = pid;
    this.#known = known;
  }

  /** @throws {SandboxError} when one keeps its flags */
  async restrict(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      // A container that has ended meanwhile is told by whoever enters it.
      const mounts = await readMountinfo(`/proc/${this.#pid}/mountinfo`).catch(
        ignoreErrno("ENOENT", "EINVAL", "ESRCH"),
      );
      const left = unrestrictedMounts(mounts ?? [], this.#known);
      if (left.length === 0) return;
      if (attempt > ATTEMPTS) throw restrictError(left);
      for (const each of left) await this.#restrictOne(each);
    }
  }

  /** What fails is seen by who looks again. */
  async #restrictOne({ id, mountPoint, options }: UnrestrictedMount): Promise<void> {
    // What is mounted over the root is reached from there as root of the image can reach it.
    const fd = openIfThere(`/proc/${this.#pid}/root${mountPoint === "/" ? "/.." : mountPoint}`);
    if (fd === undefined) return;
    try {
      // A process of the image may have renamed the folders on the way.
      if (mountIdOf(fd) !== id) return;
      const argv = ["mount", "-c", "-o", options, "--", "none", fdPathForChildren(fd)];
      await hostRunner().run([...besideContainer(this.#pid), ...argv], { okExitCodes: [0, MOUNT_FAILED] });
    } finally {
      closeSync(fd);
    }
  }
}

interface UnrestrictedMount {
  readonly id: number;
  readonly mountPoint: string;
  /** Of mount(8), by which it gets the flags that it lacks. */
  readonly options: string;
}

/**
 * Those that have come later and lack flags. What a later one hides is no way out as long as it is hidden; but one over the
 * root hides nothing from who has that root.
 * @param mounts The oldest first
 */
export function unrestrictedMounts(
  mounts: readonly MountEntry[],
  known: readonly MountIdentity[],
): readonly UnrestrictedMount[] {
  const isLater = (entry: MountEntry) => !known.some((each) => isSameMount(entry, each));
  const isOverRoot = (entry: MountEntry) => entry.mountPoint === "/" && isLater(entry);
  const seen = [...visibleMounts(mounts.filter((entry) => !isOverRoot(entry))), ...mounts.filter(isOverRoot).slice(-1)];
  return seen.filter(isLater).flatMap((entry) => {
    const options = laterRestriction(entry);
    return options === undefined ? [] : [{ id: entry.id, mountPoint: entry.mountPoint, options }];
  });
}

function restrictError(left: readonly UnrestrictedMount[]): SandboxError {
  const places = left.map(({ mountPoint }) => `"${mountPoint}"`).join(", ");
  return new SandboxError(`What is mounted in the image on ${places} cannot get the mount option nodev`, {
    hint: "Mount it with nodev, or with post_mount_commands",
  });
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, O_PATH);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
}
