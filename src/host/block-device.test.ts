import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  formatDeviceNumber,
  listBlockDevices,
  listPartitionNames,
  readSerial,
  resolveBlockDevice,
} from "./block-device.ts";

let sysfs: string;
beforeEach(async () => {
  sysfs = await mkdtemp(join(tmpdir(), "sysfs-"));
});
afterEach(() => rm(sysfs, { recursive: true }));

async function add(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(sysfs, "block", path)), { recursive: true });
  await writeFile(join(sysfs, "block", path), content);
}

test("listBlockDevices() reads size and identity, and leaves out drives without a medium", async () => {
  for (const [name, sectors] of [
    ["loop0", "0"],
    ["sda", "2048"],
  ]) {
    await add(`${name}/size`, `${sectors}\n`);
    await add(`${name}/dev`, "8:0\n");
    await add(`${name}/diskseq`, "17\n");
  }
  expect(await listBlockDevices(sysfs)).toEqual([{ name: "sda", sizeBytes: 1024 * 1024, identity: "8:0 17" }]);
});

test("listBlockDevices() does without a disk sequence number", async () => {
  await add("xvda/size", "8\n");
  await add("xvda/dev", "202:0\n");
  expect(await listBlockDevices(sysfs)).toEqual([{ name: "xvda", sizeBytes: 4096, identity: "202:0 " }]);
});

test.each([
  { driver: "scsi", file: "sda/device/vpd_pg80", content: Buffer.from("\0\x80\0\x04sdf \0\0", "latin1") },
  { driver: "virtio", file: "vdb/serial", content: "sdf\n" },
  { driver: "nvme", file: "nvme1n1/device/serial", content: "sdf                 \n" },
])("readSerial() finds the serial of a $driver disk", async ({ file, content }) => {
  await add(file, content);
  expect(await readSerial(dirname(file).split("/")[0] as string, sysfs)).toBe("sdf");
});

test("readSerial() is undefined for a disk without one, or with an empty one", async () => {
  await add("vdb/serial", "\n");
  expect(await readSerial("vdb", sysfs)).toBeUndefined();
  expect(await readSerial("loop0", sysfs)).toBeUndefined();
});

test("listPartitionNames() takes only folders that are partitions", async () => {
  await add("sda/sda2/partition", "2\n");
  await add("sda/sda1/partition", "1\n");
  await add("sda/queue/rotational", "1\n");
  expect(await listPartitionNames("sda", sysfs)).toEqual(["sda1", "sda2"]);
});

test.each([
  [0x0801, "8:1"],
  [0x0700, "7:0"],
  [0x10010305, "259:65541"],
])("formatDeviceNumber(%d) is %j", (dev, expected) => {
  expect(formatDeviceNumber(dev)).toBe(expected);
});

test("resolveBlockDevice() refuses what is missing and what is no block device", async () => {
  await expect(resolveBlockDevice(join(sysfs, "none"))).rejects.toThrow("Cannot find the device");
  await expect(resolveBlockDevice("/dev/null")).rejects.toThrow('"/dev/null" is not a block device');
});
