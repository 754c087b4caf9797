import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { ChrootError, ExitCode } from "../common/errors.ts";
import { hostEnvironment } from "./run-command.ts";

/** A part of the product that needs programs of the system. */
export type Feature =
  | "build"
  | "partitions"
  | "ext4"
  | "xfs"
  | "btrfs"
  | "grow"
  | "local-cloud"
  | "qcow2"
  | "xattrs"
  | "boot-test";

/** A program, and the packages that have it. */
export interface RequiredProgram {
  readonly name: string;
  readonly deb: string;
  readonly rpm: string;
}

const program = (name: string, deb: string, rpm: string): RequiredProgram => ({ name, deb, rpm });
const UTIL_LINUX = (name: string) => program(name, "util-linux", "util-linux");

/** What each feature needs. Debian keeps `mount` and `fdisk` apart from util-linux; EL has both in packages like it. */
export const REQUIRED_PROGRAMS: Readonly<Record<Feature, readonly RequiredProgram[]>> = {
  build: [
    program("mount", "mount", "util-linux"),
    program("umount", "mount", "util-linux"),
    UTIL_LINUX("blkid"),
    UTIL_LINUX("flock"),
    UTIL_LINUX("nsenter"),
    UTIL_LINUX("unshare"),
    UTIL_LINUX("partx"),
    program("chroot", "coreutils", "coreutils"),
  ],
  partitions: [UTIL_LINUX("partx"), UTIL_LINUX("flock")],
  ext4: [program("e2fsck", "e2fsprogs", "e2fsprogs"), program("mkfs.ext4", "e2fsprogs", "e2fsprogs")],
  xfs: [program("xfs_growfs", "xfsprogs", "xfsprogs"), program("mkfs.xfs", "xfsprogs", "xfsprogs")],
  btrfs: [program("btrfs", "btrfs-progs", "btrfs-progs"), program("mkfs.btrfs", "btrfs-progs", "btrfs-progs")],
  grow: [
    program("sfdisk", "fdisk", "util-linux-core"),
    program("e2fsck", "e2fsprogs", "e2fsprogs"),
    program("resize2fs", "e2fsprogs", "e2fsprogs"),
  ],
  "local-cloud": [
    program("losetup", "mount", "util-linux"),
    UTIL_LINUX("partx"),
    UTIL_LINUX("flock"),
    program("cp", "coreutils", "coreutils"),
  ],
  qcow2: [program("qemu-img", "qemu-utils", "qemu-img")],
  xattrs: [program("getfattr", "attr", "attr"), program("setfattr", "attr", "attr")],
  "boot-test": [program("qemu-system-x86_64", "qemu-system-x86", "qemu-kvm-core")],
};

/** Programs are not installed; `programs` has each. */
export class MissingProgramsError extends ChrootError {
  override readonly code = "E_MISSING_PROGRAM";
  override readonly exitCode = ExitCode.Command;
  readonly programs: readonly RequiredProgram[];

  constructor(programs: readonly RequiredProgram[]) {
    const names = programs.map(({ name }) => name).join(", ");
    const packages = (key: "deb" | "rpm") => [...new Set(programs.map((each) => each[key]))].join(" ");
    super(`Programs are missing: ${names}`, {
      hint: `Debian and Ubuntu: apt-get install ${packages("deb")}; EL and Fedora: dnf install ${packages("rpm")}`,
    });
    this.programs = programs;
  }
}

/**
 * Checks that the programs of these features are installed.
 * @param searchPath Folders with `:` between; those that our commands are looked up in when absent
 * @throws {MissingProgramsError} that lists all that are missing, with their packages
 */
export async function checkPrograms(features: readonly Feature[], searchPath?: string): Promise<void> {
  const folders = (searchPath ?? hostEnvironment().PATH ?? "").split(":").filter((folder) => folder !== "");
  const wanted = new Map(features.flatMap((feature) => REQUIRED_PROGRAMS[feature]).map((each) => [each.name, each]));
  const missing: RequiredProgram[] = [];
  for (const each of wanted.values()) if (!(await isInstalled(each.name, folders))) missing.push(each);
  if (missing.length > 0) throw new MissingProgramsError(missing);
}

async function isInstalled(name: string, folders: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, name), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
