import { chmod, lutimes, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CommandRunner } from "../../host/run-command.ts";
import { stagePrograms } from "./stage-programs.ts";

interface StageInput {
  readonly rootPartUuid: string;
  /** The time of every file, in seconds since the epoch. */
  readonly madeAtS: number;
}

const FOLDERS = [
  ...["boot", "dev", "etc", "home", "mnt", "opt", "proc", "root", "run", "srv", "sys", "tmp"],
  ...["usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "usr/share", "usr/local/bin"],
  ...["var/cache", "var/lib", "var/log", "var/tmp"],
];

/** As Debian has them: one `usr`, and a resolv.conf that systemd-resolved writes at boot. */
const LINKS: Readonly<Record<string, string>> = {
  bin: "usr/bin",
  sbin: "usr/sbin",
  lib: "usr/lib",
  lib64: "usr/lib64",
  "var/run": "/run",
  "var/lock": "/run/lock",
  "etc/resolv.conf": "../run/systemd/resolve/stub-resolv.conf",
  "etc/os-release": "../usr/lib/os-release",
  "etc/mtab": "../proc/self/mounts",
};

const MODES: Readonly<Record<string, number>> = { tmp: 0o1777, "var/tmp": 0o1777, root: 0o700, "etc/shadow": 0o640 };

/** Lays out a small root file system in a folder: what a chroot needs, and what tells it is a Debian 12. */
export async function stageSystem(
  host: CommandRunner,
  tree: string,
  { rootPartUuid, madeAtS }: StageInput,
): Promise<void> {
  await chmod(tree, 0o755);
  for (const folder of FOLDERS) await mkdir(join(tree, folder), { recursive: true, mode: 0o755 });
  for (const [path, target] of Object.entries(LINKS)) await symlink(target, join(tree, path));
  for (const [path, text] of Object.entries(filesOf(rootPartUuid)))
    await writeFile(join(tree, path), text, { mode: 0o644 });
  for (const [path, mode] of Object.entries(MODES)) await chmod(join(tree, path), mode);
  await stagePrograms(host, tree);
  await setTimes(tree, madeAtS);
}

function filesOf(rootPartUuid: string): Record<string, string> {
  return {
    "usr/lib/os-release": `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
`,
    "etc/debian_version": "12.0\n",
    "etc/hostname": "debian\n",
    "etc/hosts": "127.0.0.1\tlocalhost\n::1\tlocalhost\n",
    "etc/fstab": `PARTUUID=${rootPartUuid} / ext4 rw,discard,errors=remount-ro 0 1\n`,
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "etc/shadow": "root:*:20454:0:99999:7:::\nnobody:*:20454:0:99999:7:::\n",
    "etc/group": "root:x:0:\nadm:x:4:\nsudo:x:27:\nshadow:x:42:\nnogroup:x:65534:\n",
    "etc/profile": "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nexport PATH\n",
    "etc/shells": "/bin/sh\n",
    "etc/machine-id": "uninitialized\n",
  };
}

/** Children before their folder, whose own time their making changes. */
async function setTimes(folder: string, seconds: number): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await setTimes(path, seconds);
    else await lutimes(path, seconds, seconds);
  }
  await lutimes(folder, seconds, seconds);
}
