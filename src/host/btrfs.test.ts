import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DeviceError } from "../common/errors.ts";
import { refuseSharedFsid } from "./btrfs.ts";

const place = { path: "/dev/sda1", filesystem: { type: "btrfs", uuid: "aaaa", label: "" } };
let sysfs: string;
beforeEach(async () => {
  sysfs = await mkdtemp(join(tmpdir(), "sysfs-"));
  await mkdir(join(sysfs, "fs/btrfs/features"), { recursive: true });
});
afterEach(() => rm(sysfs, { recursive: true }));

test("refuseSharedFsid() takes a file system that the host has not mounted", async () => {
  await mkdir(join(sysfs, "fs/btrfs/bbbb"));
  await expect(refuseSharedFsid(place, sysfs)).resolves.toBeUndefined();
});

test("refuseSharedFsid() refuses one that the host has mounted", async () => {
  await mkdir(join(sysfs, "fs/btrfs/aaaa"));
  await expect(refuseSharedFsid(place, sysfs)).rejects.toThrow(DeviceError);
  await expect(refuseSharedFsid(place, sysfs)).rejects.toThrow('the same id (aaaa) as "/dev/sda1" mounted');
});

test("refuseSharedFsid() takes it from a kernel that can tell them apart", async () => {
  await mkdir(join(sysfs, "fs/btrfs/aaaa"));
  await writeFile(join(sysfs, "fs/btrfs/features/temp_fsid"), "0\n");
  await expect(refuseSharedFsid(place, sysfs)).resolves.toBeUndefined();
});
