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
  | "archives"
  | "boot-test"
  | "fleet-demo";

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
    program("losetup", "mount", "util-linux"),
    program("swapoff", "mount", "util-linux"),
    UTIL_LINUX("blkid"),
    UTIL_LINUX("flock"),
    UTIL_LINUX("nsenter"),
    UTIL_LINUX("unshare"),
    UTIL_LINUX("partx"),
    ...["setsid", "setpriv", "prlimit", "ionice", "chrt", "taskset"].map(UTIL_LINUX),
    UTIL_LINUX("pivot_root"),
    program("capsh", "libcap2-bin", "libcap"),
    program("nice", "coreutils", "coreutils"),
    program("chroot", "coreutils", "coreutils"),
    program("mkfifo", "coreutils", "coreutils"),
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
  "fleet-demo": [program("redis-server", "redis-server", "redis")],
  qcow2: [program("qemu-img", "qemu-utils", "qemu-img")],
  xattrs: [program("getfattr", "attr", "attr"), program("setfattr", "attr", "attr")],
  archives: ["tar", "zip", "bzip2", "lz4"]
    .map((name) => program(name, name, name))
    .concat(program("xz", "xz-utils", "xz")),
  "boot-test": [program("qemu-system-x86_64", "qemu-system-x86", "qemu-kvm-core")],
};

/** What to install for programs that are missing; those that are not in the table are named as they are. */
export function installHint(missing: readonly string[]): string {
  const known = Object.values(REQUIRED_PROGRAMS).flat();
  const programs = missing.map((name) => known.find((each) => each.name === name));
  const found = programs.filter((each) => each !== undefined);
  if (found.length < missing.length) {
    const names = missing.map((name) => `"${name}"`).join(", ");
    return `Install the package that has ${names}, or put its folder on PATH`;
  }
  const packages = (key: "deb" | "rpm") => [...new Set(found.map((each) => each[key]))].join(" ");
  return `Debian and Ubuntu: apt-get install ${packages("deb")}; EL and Fedora: dnf install ${packages("rpm")}`;
}
