import { join } from "node:path";
import { DeviceError } from "../common/errors.ts";
import { listSubvolumes } from "./btrfs-subvolumes.ts";
import type { RootPart } from "./find-root.ts";
import type { MountView } from "./mount-view.ts";
import { hasPlain, holdsSystem } from "./read-only-mount.ts";

export interface RequireSystemInput {
  readonly view: MountView;
  readonly root: RootPart;
  /** Where the root is mounted in the view. */
  readonly mountPath: string;
  /** The option `mount_options`. */
  readonly userOptions: readonly string[];
  onWarning(message: string): void;
}

/**
 * Makes sure that what was found and mounted as the root is a system: it says which one it is, or at least has a shell.
 * Otherwise a build would provision, or just register, something that no machine boots from. What the user has named,
 * by `mount_partition` or a subvolume in `mount_options`, is taken all the same.
 * @throws {DeviceError} for a root that was found and is none
 */
export async function requireSystem(input: RequireSystemInput): Promise<void> {
  const { view, root, mountPath, userOptions, onWarning } = input;
  if (root.foundBy === "from_scratch" || (await isSystem(join(view.rootPrefix, mountPath)))) return;
  const what = `The ${root.filesystem.type} on "${root.path}" has no etc/os-release and no shell`;
  if (root.foundBy === "option" || namesSubvolume(userOptions)) {
    onWarning(`${what}, so it may not be the root of a system`);
    return;
  }
  throw root.filesystem.type === "btrfs" ? await noSubvolume(view, mountPath, what) : noSystem(what);
}

/** Whether mount options say which subvolume of a btrfs is meant. */
export function namesSubvolume(options: readonly string[]): boolean {
  const single = options.flatMap((option) => option.split(","));
  return single.some((option) => /^subvol(id)?=/.test(option));
}

async function isSystem(folder: string): Promise<boolean> {
  if (await holdsSystem(folder)) return true;
  return (await hasPlain(folder, "bin/sh")) || (await hasPlain(folder, "usr/bin/sh"));
}

function noSystem(what: string): DeviceError {
  const hint = "Set mount_partition if it is the root all the same, or from_scratch to fill an empty volume";
  return new DeviceError(`${what}, so it is not the root of a system`, { hint });
}

async function noSubvolume({ runner }: MountView, mountPath: string, what: string): Promise<DeviceError> {
  const names = (await listSubvolumes(runner, mountPath)).map(({ path }) => path).sort();
  const others = names.length === 0 ? "it has no subvolumes" : `nor has a subvolume: ${names.join(", ")}`;
  const hint = "Name the subvolume of the root in mount_options: subvol=NAME";
  return new DeviceError(`${what}, ${others}`, { hint });
}
