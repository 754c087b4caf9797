import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { rolldown } from "rolldown";
import { parseMountinfo } from "../../../src/host/mountinfo.ts";

export const run = promisify(execFile);

/** Things to undo after a test, newest first; one that fails does not keep the others from being undone. */
export class Cleanup {
  readonly #undo: (() => unknown)[] = [];

  add(undo: () => unknown): void {
    this.#undo.push(undo);
  }

  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, "The clean-up failed");
  }
}

/** A temporary folder, removed at the end. */
export async function tempFolder(cleanup: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "chroot-test-"));
  cleanup.add(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A root file system of busybox alone, in a folder. */
export async function makeBusyboxRoot(root: string): Promise<string> {
  const folders = ["bin", "sbin", "etc", "tmp", "root", "proc", "sys", "dev", "usr/sbin", "run", "var/lib"];
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  await chmod(join(root, "tmp"), 0o1777);
  await copyFile("/bin/busybox", join(root, "bin/busybox"));
  await chmod(join(root, "bin/busybox"), 0o755);
  const { stdout } = await run("/bin/busybox", ["--list"]);
  for (const applet of stdout.trim().split("\n")) {
    if (applet !== "busybox") await symlink("busybox", join(root, "bin", applet));
  }
  for (const [name, minor] of [
    ["null", "3"],
    ["zero", "5"],
  ] as const) {
    await run("mknod", ["-m", "666", join(root, "dev", name), "c", "1", minor]);
  }
  await run("mknod", ["-m", "666", join(root, "dev/tty"), "c", "5", "0"]);
  await writeFile(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  return root;
}

/** A loop device with a fresh ext4, detached at the end. */
export async function makeExt4Device(cleanup: Cleanup, sizeMib = 64): Promise<string> {
  const image = join(await tempFolder(cleanup), "disk.img");
  await writeFile(image, "");
  await truncate(image, sizeMib * 1024 * 1024);
  await run("mkfs.ext4", ["-q", "-F", image]);
  const { stdout } = await run("losetup", ["--find", "--show", image]);
  const device = stdout.trim();
  cleanup.add(() => run("losetup", ["--detach", device]));
  return device;
}

/** A module of the project as one file that plain Node runs, as in a release. */
export async function bundle(entries: Record<string, string>, folder: string): Promise<void> {
  const build = await rolldown({ input: entries, platform: "node", external: [/^node:/], cwd: process.cwd() });
  await build.write({ dir: folder, format: "esm", entryFileNames: "[name].js" });
  await build.close();
}

/** Mount points of this namespace at a folder and below, in order. Elsewhere others mount, too. */
export async function hostMountPoints(folder: string): Promise<string[]> {
  const points = parseMountinfo(await readFile("/proc/self/mountinfo", "utf8")).map(({ mountPoint }) => mountPoint);
  return points.filter((point) => point === folder || point.startsWith(`${folder}/`));
}

/** Waits for something that has no event of its own, as the end of a process that is not our child. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 10));
}
