import { isErrno } from "../common/errno.ts";
import { runSync } from "../host/run-sync.ts";
import { fdPathForChildren, openEntryIfThere, statFd, usingFd } from "./openat.ts";

/**
 * Makes a change to entries of an open folder, also where chattr(1) has forbidden it for the folder or for one of them. The
 * folder gets its flags again; an entry that stays has lost them.
 * @param names As bytes
 * @param change Is made again when it fails: its first step must be the one that can
 */
export function changeEntries<T>(folder: number, names: readonly string[], change: () => T): T {
  try {
    return change();
  } catch (error) {
    if (!isErrno(error, "EPERM")) throw error;
    const flags = readFlags(`${fdPathForChildren(folder)}/.`);
    for (const flag of flags) changeFlag(folder, ".", `-${flag}`);
    for (const name of names)
      if (canHaveFlags(folder, name)) for (const flag of FLAGS) changeFlag(folder, name, `-${flag}`);
    try {
      return change();
    } finally {
      for (const flag of flags) changeFlag(folder, ".", `+${flag}`);
    }
  }
}

/** Nothing may be changed; nothing but its end. */
const FLAGS = ["i", "a"] as const;
type Flag = (typeof FLAGS)[number];

/**
 * Sets or clears a flag of chattr(1).
 * @throws {Error} with what it said
 */
export function changeFlag(folder: number, name: string, change: `+${Flag}` | `-${Flag}`): void {
  const path = Buffer.from(`${fdPathForChildren(folder)}/${name}`, "latin1").toString("utf8");
  const { exitCode, stderr } = runSync(["chattr", change, "--", path]);
  if (exitCode !== 0) throw new Error(stderr.trim() || `chattr ended with exit code ${exitCode}`);
}

/** chattr(1) refuses links and device nodes. */
function canHaveFlags(folder: number, name: string): boolean {
  const fd = openEntryIfThere(folder, name);
  if (fd === undefined) return false;
  return usingFd(fd, () => statFd(fd).isFile());
}

/** Those of {@link FLAGS} that a folder has; none where the file system has no flags. */
function readFlags(path: string): Flag[] {
  const { exitCode, stdout } = runSync(["lsattr", "-d", "--", path]);
  const letters = exitCode === 0 ? (stdout.split(" ")[0] ?? "") : "";
  return FLAGS.filter((flag) => letters.includes(flag));
}
