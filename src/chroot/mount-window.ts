import { hostView, type MountView } from "../host/mount-view.ts";
import { identityOf, isBelow, type MountEntry, type MountIdentity, readMountinfo } from "../host/mountinfo.ts";
import { mountFilesystem } from "../host/mounts.ts";
import type { CommandRunner } from "../host/run-command.ts";

/** What of a sandbox the window looks into. */
export interface WindowSandbox extends CommandRunner {
  /** The mount table as the sandbox has it. */
  readonly mountinfoPath: string;
}

export interface WindowOptions {
  /** An empty folder, by its real path. */
  readonly mountPath: string;
  /** What the mount table calls the window: a name that nobody else's mount has. */
  readonly name: string;
  readonly host: CommandRunner;
}

/**
 * A folder at which this machine sees what is mounted in a sandbox, and not the other way round. So it is known whose a mount
 * there is: what the sandbox has too was mounted in it, by the build or what it runs; anything else is somebody else's.
 *
 * It is an empty file system that is `shared` in the sandbox and a `slave` of that in the host: the kernel copies to it what
 * is mounted inside, until the window is sealed. What the host mounts there stays the host's.
 * @see mount_namespaces(7)
 */
export class MountWindow {
  readonly mountPath: string;
  readonly #name: string;
  readonly #host: MountView;
  #sandbox: WindowSandbox | undefined;

  constructor({ mountPath, name, host }: WindowOptions) {
    this.mountPath = mountPath;
    this.#name = name;
    this.#host = hostView(host);
  }

  /**
   * Mounts it, shared with nobody yet: the sandbox is to be made next, and {@link giveTo} ends it.
   * @throws {MountError}
   */
  async open(): Promise<void> {
    const { mountPath: target } = this;
    await mountFilesystem(this.#host, {
      source: this.#name,
      target,
      type: "tmpfs",
      options: ["size=64k", "mode=0700"],
    });
    // Private first: it leaves the group that it is in where the host's own mounts are shared.
    for (const how of ["--make-private", "--make-shared"]) await this.#host.runner.run(["mount", how, "--", target]);
  }

  /** From now on the sandbox's mounts are seen in the host, and not the host's in the sandbox. */
  async giveTo(sandbox: WindowSandbox): Promise<void> {
    await this.#host.runner.run(["mount", "--make-slave", "--", this.mountPath]);
    this.#sandbox = sandbox;
    await keepOthersInside(sandbox, this.mountPath);
  }

  /** What is mounted inside later is not seen any more: what a provisioner mounts is no affair of this machine. */
  async seal(): Promise<void> {
    const sandbox = this.#sandbox;
    if (sandbox === undefined || (await readTable(sandbox.mountinfoPath)).length === 0) return;
    await sandbox.run(["mount", "--make-rprivate", "--", this.mountPath]);
    // A copy of a folder that the host itself shares, such as /dev, would go on to follow it.
    const copies = new Set((await this.copies()).map(({ id }) => id));
    const following = (await readMountinfo()).filter(({ id, propagation }) => copies.has(id) && propagation.length > 0);
    for (const { mountPoint } of following) await this.#host.runner.run(["mount", "--make-private", "--", mountPoint]);
  }

  /** Is this mount, of the host or of the sandbox, the window itself? */
  isIt({ source, mountPoint }: MountEntry): boolean {
    return source === this.#name && mountPoint === this.mountPath;
  }

  /** The host's copies of what is mounted inside, without the window itself. */
  async copies(): Promise<readonly MountIdentity[]> {
    if (this.#sandbox === undefined) return [];
    const inside = await readTable(this.#sandbox.mountinfoPath);
    const isWindow = (entry: MountEntry) => this.isIt(entry);
    return pairCopies({ inside, outside: await readMountinfo(), isWindow }).map(identityOf);
  }
}

export interface PairCopiesInput {
  /** Both in the kernel's order: a mount comes after the one it is on. */
  readonly inside: readonly MountEntry[];
  readonly outside: readonly MountEntry[];
  isWindow(entry: MountEntry): boolean;
}

/**
 * Finds the copies that the kernel made outside of mounts inside: the same part of the same file system, at the same place, on
 * the copy of the mount that it is on inside. A second mount of it, on top of the copy, is somebody else's.
 */
export function pairCopies({ inside, outside, isWindow }: PairCopiesInput): MountEntry[] {
  const [inner, outer] = [inside.find(isWindow), outside.find(isWindow)];
  if (!inner || !outer) return [];
  const copyOf = new Map([[inner.id, outer]]);
  for (const entry of inside) {
    const parent = copyOf.get(entry.parentId);
    const copy = parent && outside.find((each) => each.parentId === parent.id && isCopy(each, entry));
    if (copy) copyOf.set(entry.id, copy);
  }
  copyOf.delete(inner.id);
  return [...copyOf.values()];
}

function isCopy(copy: MountEntry, { device, root, mountPoint, fsType }: MountEntry): boolean {
  return copy.device === device && copy.root === root && copy.mountPoint === mountPoint && copy.fsType === fsType;
}

/**
 * Makes every other mount of the sandbox follow the host's, as in a private one: what is unmounted outside goes inside too, and
 * nothing that happens inside gets out.
 */
async function keepOthersInside(sandbox: WindowSandbox, mountPath: string): Promise<void> {
  const mounts = await readMountinfo(sandbox.mountinfoPath);
  const isAround = ({ mountPoint }: MountEntry) => mountPoint !== mountPath && isBelow(mountPath, mountPoint);
  const around = mounts.filter(isAround);
  const ids = new Set(around.map(({ id }) => id));
  const beside = mounts.filter((each) => !isBelow(mountPath, each.mountPoint) && ids.has(each.parentId));
  // One that another hides cannot be named, and nothing inside gets at it either.
  const script = 'for each; do mount "$HOW" -- "$each" 2>/dev/null; done; :';
  const make = (HOW: string, entries: readonly MountEntry[]) =>
    sandbox.run(["env", `HOW=${HOW}`, "/bin/sh", "-c", script, "sh", ...entries.map(({ mountPoint }) => mountPoint)]);
  await make("--make-slave", around);
  await make("--make-rslave", beside);
}

/** Nothing when the sandbox has ended: its mounts have gone with it. */
async function readTable(path: string): Promise<MountEntry[]> {
  return readMountinfo(path).catch(() => []);
}
