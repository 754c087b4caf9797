import { posix } from "node:path";
import { messageOf } from "../common/errors.ts";
import { runSync } from "../host/run-sync.ts";
import { fdPath, fdPathForChildren, openFolder, usingFd } from "./openat.ts";
import type { RootFolder } from "./root-folder.ts";

/** Takes what should be told and stops nothing. */
export type Warn = (message: string) => void;

export interface EarlierTime {
  /** The folder in the image. */
  readonly path: string;
  /** Since 1970, or before it. */
  readonly ns: bigint;
}

/** Gives a folder of the image an earlier time again. That this cannot be done is no reason to keep anything else from going back. */
export function restoreModifiedTime(folder: number, { path, ns }: EarlierTime, warn?: Warn): void {
  try {
    setModifiedTime(folder, ns);
  } catch (error) {
    warn?.(`The folder "${path}" of the image has a new time of modification: ${messageOf(error)}`);
  }
}

/** With touch(1), which takes nanoseconds. */
function setModifiedTime(folder: number, ns: bigint): void {
  const [sign, size] = ns < 0n ? ["-", -ns] : ["", ns];
  const fraction = `${size % 1_000_000_000n}`.padStart(9, "0");
  const time = `@${sign}${size / 1_000_000_000n}.${fraction}`;
  const { exitCode, stderr } = runSync(["touch", "-m", "-d", time, "--", fdPathForChildren(folder)]);
  if (exitCode !== 0) throw new Error(stderr.trim() || `touch ended with exit code ${exitCode}`);
}

/** The time of a folder of the image in which something is made for a while. */
export class LentFolder {
  readonly #root: RootFolder;
  readonly #path: string;
  readonly #before: bigint | undefined;
  #after: bigint | undefined;

  /** @param target What is about to be made, with the folders that it lacks: the folder is the innermost that is there */
  constructor(root: RootFolder, target: string) {
    this.#root = root;
    let path = posix.resolve("/", target);
    while (path !== "/" && !root.stat(path)?.isDirectory()) path = posix.dirname(path);
    this.#path = path;
    this.#before = root.stat(path)?.mtimeNs;
  }

  /** It has been made. */
  noteMade(): void {
    this.#after = this.#root.stat(this.#path)?.mtimeNs;
  }

  /** Removes what was made. The folder has its time again, unless somebody else has changed it meanwhile. */
  afterRemoving(remove: () => void, warn?: Warn): void {
    const [before, after] = [this.#before, this.#after];
    const isUnchanged = this.#root.stat(this.#path)?.mtimeNs === after;
    remove();
    if (!isUnchanged || before === undefined || after === before) return;
    this.#root.withPlace("set the time of", this.#path, { onMissing: "fail" }, ({ fd }) =>
      usingFd(openFolder(fdPath(fd as number)), (folder) =>
        restoreModifiedTime(folder, { path: this.#path, ns: before }, warn),
      ),
    );
  }
}
