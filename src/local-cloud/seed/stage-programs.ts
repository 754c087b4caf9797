import { existsSync } from "node:fs";
import { copyFile, mkdir, realpath, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { MissingProgramError } from "../../host/command-error.ts";
import type { CommandRunner } from "../../host/run-command.ts";

const SYSTEM_FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/** What a provisioning script of a few lines uses; taken from this machine when it has no static busybox. */
const PROGRAMS = [
  ...[
    "sh",
    "cat",
    "chmod",
    "chown",
    "cp",
    "cut",
    "date",
    "dd",
    "dirname",
    "basename",
    "df",
    "du",
    "echo",
    "env",
    "expr",
  ],
  ...[
    "false",
    "find",
    "grep",
    "head",
    "hostname",
    "id",
    "install",
    "ln",
    "ls",
    "mkdir",
    "mktemp",
    "mv",
    "nproc",
    "printf",
  ],
  ...[
    "pwd",
    "readlink",
    "realpath",
    "rm",
    "rmdir",
    "sed",
    "sha256sum",
    "sleep",
    "sort",
    "stat",
    "stty",
    "sync",
    "tail",
  ],
  ...["tar", "tee", "test", "touch", "tr", "true", "truncate", "uname", "uniq", "wc", "whoami", "xargs"],
];

/** Puts programs into the tree: a static busybox under all its names, else this machine's own with their libraries. */
export async function stagePrograms(host: CommandRunner, tree: string): Promise<void> {
  const busybox = findProgram("busybox");
  if (busybox && (await librariesOf(host, busybox)).length === 0) await stageBusybox(host, tree, busybox);
  else await stageOwnPrograms(host, tree);
}

async function stageBusybox(host: CommandRunner, tree: string, busybox: string): Promise<void> {
  const inTree = "usr/bin/busybox";
  await copyFile(busybox, join(tree, inTree));
  const { stdout } = await host.run([busybox, "--list-full"]);
  for (const applet of stdout.split("\n").filter((line) => line !== "")) {
    // One place for all of them: `sbin/init` and `usr/sbin/chroot` are in `usr/sbin`.
    const folder = basename(dirname(applet));
    const path = join(tree, "usr", folder, basename(applet));
    if (!existsSync(path)) await symlink(folder === "bin" ? "busybox" : "../bin/busybox", path);
  }
}

/** This machine's own programs, with the libraries that they load. @throws when there is no `sh` */
export async function stageOwnPrograms(host: CommandRunner, tree: string): Promise<void> {
  const found = PROGRAMS.flatMap((name) => findProgram(name) ?? []);
  if (!found.some((path) => basename(path) === "sh"))
    throw new Error("This machine has no sh to make the seed image of");
  const libraries = new Set<string>();
  for (const program of found) {
    await stageFile(tree, program, join("usr/bin", basename(program)));
    for (const library of await librariesOf(host, program)) libraries.add(library);
  }
  for (const library of libraries) await stageFile(tree, library, underUsr(library));
}

async function stageFile(tree: string, from: string, to: string): Promise<void> {
  const path = join(tree, to);
  await mkdir(dirname(path), { recursive: true });
  await copyFile(await realpath(from), path);
}

/** The libraries that a program loads, its loader among them; none when it is static. */
async function librariesOf(host: CommandRunner, program: string): Promise<string[]> {
  try {
    const { stdout } = await host.run(["ldd", program], { okExitCodes: [0, 1] });
    return [...stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].flatMap(([, path]) => path ?? []);
  } catch (error) {
    // Without ldd there is no libc with a loader either, and all programs are static.
    if (error instanceof MissingProgramError) return [];
    throw error;
  }
}

/** `/lib64/ld-linux-x86-64.so.2` is `usr/lib64/...` in the tree, whose `lib64` is a link. */
function underUsr(path: string): string {
  return path.startsWith("/usr/") ? path.slice(1) : `usr${path}`;
}

function findProgram(name: string): string | undefined {
  return SYSTEM_FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
