import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { ignoreErrno } from "../../../src/common/errno.ts";
import { hostRunner } from "../../../src/host/run-command.ts";

const WAIT_MS = 100;
const LONGEST_WAITS = 600;

/** Attaches a file to a free loop device. The kernel may have no parser, so there are no partitions yet. */
export async function attachLoop(file: string, ...options: readonly string[]): Promise<string> {
  const { stdout } = await hostRunner().run(["losetup", ...options, "--find", "--show", file]);
  return stdout.trim();
}

/** Detaches a loop device with its partitions, and makes sure that the kernel has let go of it. */
export async function detachLoop(device: string): Promise<void> {
  const file = await fileOf(device);
  await hostRunner().run(["partx", "--delete", device], { okExitCodes: [0, 1] });
  await hostRunner().run(["losetup", "--detach", device]);
  // Whoever starts a mount namespace at this moment holds what is mounted for a moment too. With another file it is another's.
  for (let waits = 0; (await fileOf(device)) === file; waits++) {
    if (waits === LONGEST_WAITS) throw new Error(`${device} is still held after it was detached`);
    await setTimeout(WAIT_MS);
  }
}

/** Undefined when it is free. */
async function fileOf(device: string): Promise<string | undefined> {
  const path = `/sys/block/${device.slice("/dev/".length)}/loop/backing_file`;
  return readFile(path, "utf8").catch(ignoreErrno("ENOENT", "ENODEV", "ENXIO"));
}

/** Makes the file system of a type on a device, as small and as fast as it goes. */
export async function makeFilesystem(type: string, device: string, ...args: string[]): Promise<void> {
  const force = type.startsWith("ext") ? "-F" : "-f";
  await hostRunner().run([`mkfs.${type}`, ...(type === "vfat" ? [] : ["-q", force]), ...args, device]);
}

/** Turns a mounted folder into something that passes for a system. */
export async function writeSystem(folder: string, fstab = ""): Promise<void> {
  await mkdir(join(folder, "etc"), { recursive: true });
  await writeFile(join(folder, "etc/os-release"), "ID=test\n");
  await writeFile(join(folder, "etc/fstab"), fstab);
}
