import { type FileHandle, stat } from "node:fs/promises";
import { ignoreErrno } from "../common/errno.ts";
import { hostRunner } from "./run-command.ts";

/** `shared`: others may have it too, as long as nobody wants it for himself. */
export type FlockMode = "exclusive" | "shared";

/**
 * Takes the flock(2) of an open file without waiting. Node has no call for it: `flock` of util-linux takes it
 * on our descriptor, and the lock stays with the open file after that child exits, until the descriptor is closed or
 * we die.
 * @param fd Any open descriptor of the file, or of a folder
 * @returns false while another open file has the lock
 * @throws {CommandError} when it can be neither taken nor refused
 */
export async function tryFlock(fd: number, mode: FlockMode = "exclusive"): Promise<boolean> {
  const argv = ["flock", `--${mode}`, "--nonblock", "0"];
  const { exitCode } = await hostRunner().run(argv, { stdin: fd, okExitCodes: [0, HELD_BY_OTHERS] });
  return exitCode === 0;
}

/**
 * The same, but waits: the kernel wakes us when the lock is given up. What waits is a process; when the signal fires it is
 * ended, and whoever waited has to close the descriptor, as the lock may have come at that very moment.
 * @throws {CancelledError} as soon as the signal fires
 */
export async function waitForFlock(fd: number, signal: AbortSignal, mode: FlockMode = "exclusive"): Promise<void> {
  const argv = ["setpriv", "--pdeathsig", "KILL", "flock", `--${mode}`, "0"]; // it dies with us
  await hostRunner().run(argv, { stdin: fd, signal });
}

/** The exit code of flock(1) for that. */
const HELD_BY_OTHERS = 1;

/** Does a path still lead to the file that is open? A lock on one that was removed meanwhile keeps nobody out. */
export async function isStillAt(path: string, file: FileHandle): Promise<boolean> {
  const [there, held] = await Promise.all([stat(path).catch(ignoreErrno("ENOENT")), file.stat()]);
  return there?.ino === held.ino && there.dev === held.dev;
}
