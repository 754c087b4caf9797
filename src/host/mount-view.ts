import type { CommandRunner } from "./run-command.ts";

/** Where a build's mounts are made and seen: our own mount namespace, or that of a sandbox. */
export interface MountView {
  /** Runs `mount`, `umount` and the like inside the namespace. */
  readonly runner: CommandRunner;
  /** `/proc/self/mountinfo`, or `/proc/ANCHOR/mountinfo` of a sandbox's anchor process. */
  readonly mountinfoPath: string;
  /** Put before an absolute path of the view to reach it from our own process: empty, or `/proc/ANCHOR/root`. */
  readonly rootPrefix: string;
}

/** A view with a place for mounts that last for a look at a file system. */
export interface LookView extends MountView {
  /** A folder of ours that only root enters, without links on the way. Whoever cleans up after us knows of it. */
  readonly lookFolder: string;
}

/** The host's own mount namespace. */
export function hostView(runner: CommandRunner): MountView {
  return { runner, mountinfoPath: "/proc/self/mountinfo", rootPrefix: "" };
}
