import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { describe } from "vitest";

const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** What a whole build on a local cloud runs on this machine. */
export const buildPrograms = ["losetup", "partx", "mkfs.ext4", "mount", "nsenter", "unshare"] as const;

/** `describe`, or a `describe` whose tests are skipped with the reason in their title. */
export type Describe = typeof describe | typeof describe.skip;

/**
 * `describe` for tests that need root.
 * @throws {Error} without root when `CI=true`: there nothing may be skipped
 */
export function requireRoot(): Describe {
  return unlessMissing(process.getuid?.() === 0 ? [] : ["root"]);
}

/**
 * `describe` for tests that need root and these programs on `PATH` or in the system folders.
 * @throws {Error} when something is missing and `CI=true`
 */
export function requirePrograms(...programs: readonly string[]): Describe {
  const root = process.getuid?.() === 0 ? [] : ["root"];
  return unlessMissing([...root, ...programs.filter((program) => !isInstalled(program))]);
}

/**
 * `describe` for tests that need these programs, and no root.
 * @throws {Error} when one is missing and `CI=true`
 */
export function requireTools(...programs: readonly string[]): Describe {
  return unlessMissing(programs.filter((program) => !isInstalled(program)));
}

/**
 * `describe` for tests that need something of the machine, such as a file system that its kernel has.
 * @param what Named in the reason, such as `btrfs in the kernel`
 * @throws {Error} when it is missing and `CI=true`
 */
export function requireThat(isThere: boolean, what: string): Describe {
  return unlessMissing(isThere ? [] : [what]);
}

function unlessMissing(missing: readonly string[]): Describe {
  if (missing.length === 0) return describe;
  const reason = `needs ${missing.join(", ")}`;
  if (process.env.CI === "true") throw new Error(`A test ${reason}, and nothing may be skipped when CI=true`);
  const skipped = (title: string, body: () => void) => describe.skip(`${title} [skipped: ${reason}]`, body);
  return Object.assign(skipped, describe.skip);
}

function isInstalled(program: string): boolean {
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...SYSTEM_FOLDERS];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
