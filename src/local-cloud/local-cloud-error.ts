import { ChrootError, ExitCode } from "../common/errors.ts";

/** A local cloud cannot be used as it was asked: another server has its folder, there is none in it, and the like. */
export class LocalCloudError extends ChrootError {
  override readonly code = "E_LOCAL_CLOUD";
  override readonly exitCode = ExitCode.Failed;
}

/** A local cloud starts, or is emptied and begins anew: that passes. */
export class NotReadyError extends LocalCloudError {
  constructor() {
    super("The local cloud is not ready", { hint: "It begins anew: try it once more in a moment" });
  }
}

/**
 * What to do where no cloud is found. Root's clouds lie in another folder than those of anybody else, so a forgotten
 * `sudo` looks the same.
 */
export function startHint(): string {
  if (process.geteuid?.() === 0) return "Start one with `outscale-chroot local-cloud start`";
  return "Root's clouds need root: run it with sudo. One of your own starts with `outscale-chroot local-cloud start -memory`";
}
