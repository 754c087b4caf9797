import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isErrno } from "../common/errno.ts";

/** What the image's own `/dev` has. Paths are below `/dev`: `null`, `disk/by-label/root`. */
export interface ImageDevices {
  readonly nodes: readonly string[];
  readonly links: readonly DeviceLink[];
}

export interface DeviceLink {
  readonly path: string;
  readonly target: string;
}

/** What the `/dev` of a container has before anything is mounted in it. Paths are below `/dev`. */
export interface DevContents {
  /** For what is mounted there as a whole. */
  readonly folders: readonly string[];
  /** For a device node each. */
  readonly files: readonly string[];
  readonly links: readonly DeviceLink[];
}

/**
 * Makes the contents of a `/dev`, which nobody but us is in yet.
 * @param folder A new file system, in our view
 */
export function fillDev(folder: string, { folders, files, links }: DevContents): void {
  const placed = [...files, ...links.map(({ path }) => path)];
  for (const path of new Set([...folders, ...placed.map((each) => dirname(each))])) {
    mkdirSync(join(folder, path), { recursive: true });
  }
  mkdirSync(join(folder, "shm"), { recursive: true });
  chmodSync(join(folder, "shm"), 0o1777);
  for (const path of files) writeFileSync(join(folder, path), "", { flag: "wx" });
  for (const { path, target } of links) {
    try {
      symlinkSync(target, join(folder, path));
    } catch (error) {
      // The template asks for a device by the name of a link: it is there by that name.
      if (!isErrno(error, "EEXIST")) throw error;
    }
  }
}
