import { chmod, mkdir, mkdtemp, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkPrograms } from "./required-programs.ts";
import { REQUIRED_PROGRAMS } from "./system-programs.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "programs-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function install(...names: string[]): Promise<void> {
  for (const name of names) {
    await writeFile(join(folder, name), "#!/bin/sh\n");
    await chmod(join(folder, name), 0o755);
  }
}

test("checkPrograms() takes programs wherever the path has them", async () => {
  await install(...REQUIRED_PROGRAMS.grow.map(({ name }) => name));
  await checkPrograms(["grow"], `/nowhere::${folder}`);
});

test("checkPrograms() lists all that is missing once, with the packages of both families", async () => {
  await install("e2fsck", "partx");
  await expect(checkPrograms(["grow", "ext4", "xattrs"], folder)).rejects.toMatchObject({
    message: "Programs are missing: sfdisk, resize2fs, mkfs.ext4, getfattr, setfattr",
    hint: "Debian and Ubuntu: apt-get install fdisk e2fsprogs attr; EL and Fedora: dnf install util-linux-core e2fsprogs attr",
  });
});

test("checkPrograms() does not take a folder of a program's name, and goes on after one that cannot be searched", async () => {
  await mkdir(join(folder, "qemu-img"));
  await expect(checkPrograms(["qcow2"], folder)).rejects.toThrow("Programs are missing: qemu-img");
  const closed = join(folder, "closed");
  await writeFile(closed, "");
  await rmdir(join(folder, "qemu-img"));
  await install("qemu-img");
  await checkPrograms(["qcow2"], `${closed}:${folder}`);
});

test("checkPrograms() does not take a file that cannot be run", async () => {
  await writeFile(join(folder, "qemu-img"), "");
  await expect(checkPrograms(["qcow2"], folder)).rejects.toThrow("Programs are missing: qemu-img");
});
