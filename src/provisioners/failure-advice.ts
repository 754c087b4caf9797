import { statfs } from "node:fs/promises";
import type { ChrootError } from "../common/errors.ts";
import type { ExitStatus } from "../host/command-error.ts";

/** With less than this an image's file system is as good as full. */
const FULL_BELOW_BYTES = 1024 * 1024;

const LOOK = "With -on-error=ask the build waits, and you can look into the image";

/**
 * What to do about a provisioner that failed. A full disk explains more than whatever a program has made of it.
 * @param rootPath The image's root folder, as this process sees it
 */
export async function failureAdvice(error: ChrootError, rootPath: string): Promise<string> {
  const isFull = await isDiskFull(rootPath);
  const reason = isFull ? "The image's file system is full: root_volume_size makes it larger" : error.hint;
  return reason === undefined ? LOOK : `${reason}. ${LOOK}`;
}

async function isDiskFull(path: string): Promise<boolean> {
  try {
    // Not bfree: what ext4 keeps for root is out of reach of a root without CAP_SYS_RESOURCE. A btrfs has no inodes to run out of.
    const { bavail, bsize, files, ffree } = await statfs(path);
    return bavail * bsize < FULL_BELOW_BYTES || (files > 0 && ffree === 0);
  } catch {
    return false; // what cannot be looked at explains nothing
  }
}

/**
 * What mostly lies behind an exit of a script.
 * @param place Where it ran
 * @see POSIX, Shell Command Language, 2.8.2 Exit Status for Commands
 */
export function exitAdvice({ code, signal }: ExitStatus, place: "in the image" | "on this machine"): string {
  // A shell says of its command's signal: 128 and its number.
  if (signal === "SIGKILL" || code === 128 + 9) return "SIGKILL mostly means that this machine has run out of memory";
  if (signal !== null) return `Something has ended it with ${signal}`;
  if (code === 127) return `127 means that a command was not found: install it ${place}, or look at its PATH`;
  if (code === 126) {
    return "126 means that a file cannot be executed: look at its mode, its first line, and for a noexec mount";
  }
  const rights = place === "in the image" ? ' (chroot_capabilities, if it was "Operation not permitted")' : "";
  return `What it said is in the lines above${rights}. valid_exit_codes lists the exit codes that are not a failure`;
}
