import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  exportLocalImage,
  importLocalImage,
  localCloudImages,
  localCloudSnapshots,
  resetLocalCloud,
} from "../../src/local-cloud/administer-cloud.ts";
import { startLocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { Cleanup, run, tempFolder } from "../support/chroot/fixtures.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("losetup", "partx", "flock", "qemu-img");
const cleanup = new Cleanup();
let folder: string;
let state: string;

beforeEach(async () => {
  folder = await tempFolder(cleanup);
  state = join(folder, "state");
  cleanup.add(() => resetLocalCloud(state));
  const cloud = await startLocalCloud({ stateFolder: state });
  cleanup.add(() => cloud.close());
});
afterEach(() => cleanup.run());

describe("importLocalImage()", () => {
  it("reads no other file of this machine, whatever a qcow2 header names", async () => {
    const secret = join(folder, "secret");
    writeFileSync(secret, "root:hash".padEnd(1024));
    const evil = join(folder, "evil.qcow2");
    await run("qemu-img", ["create", "-f", "qcow2", "-b", secret, "-F", "raw", evil]);
    await expect(importLocalImage(state, { name: "evil", disk: evil })).rejects.toThrow("a backing file");
    const data = `data_file=${join(folder, "data")},data_file_raw=on`;
    await run("qemu-img", ["create", "-f", "qcow2", "-o", data, evil, "1M"]);
    await expect(importLocalImage(state, { name: "evil", disk: evil })).rejects.toThrow("an external data file");
  });
});

describe("importLocalImage() of what is no disk", () => {
  it.each<[string, (path: string) => unknown, RegExp]>([
    [
      "a text",
      (path) => writeFileSync(path, "root:x:0:0:root:/root:/bin/bash\n"),
      /neither partitions nor a file system/,
    ],
    ["noise", (path) => writeFileSync(path, Buffer.alloc(1024 * 1024, 1)), /neither partitions nor a file system/],
    ["nothing in it", (path) => writeFileSync(path, ""), /neither partitions nor a file system/],
    ["another format", (path) => run("qemu-img", ["create", "-f", "vmdk", path, "1M"]), /neither partitions/],
    ["a folder", (path) => mkdirSync(path), /Cannot read the disk ".*": EISDIR/],
    ["no file", () => undefined, /Cannot read the disk ".*": ENOENT/],
  ])("refuses %s, and keeps nothing of it", async (_, make, reason) => {
    const disk = join(folder, "disk");
    await make(disk);
    const before = [await localCloudSnapshots(state), readdirSync(join(state, "disks"))];
    await expect(importLocalImage(state, { name: "mine", disk })).rejects.toThrow(reason);
    expect([await localCloudSnapshots(state), readdirSync(join(state, "disks"))]).toEqual(before);
  });
});

describe("exportLocalImage()", () => {
  it.each([
    ["y.vmdk", /Cannot write a disk as ".vmdk"/],
    ["y.QCOW", /Cannot write a disk as ".qcow"/],
    ["nowhere/y.raw", /Cannot write the disk ".*nowhere\/y.raw": ENOENT/],
  ])("refuses %s", async (name, reason) => {
    const [image] = await localCloudImages(state);
    const out = { image: image?.ImageId ?? "", disk: join(folder, name) };
    await expect(exportLocalImage(state, out)).rejects.toThrow(reason);
    expect(readdirSync(folder)).toEqual(["state"]);
  });

  it("writes through no link that somebody put at its temporary name, and for its owner alone", async () => {
    const disk = join(folder, "disk.raw");
    writeFileSync(disk, Buffer.alloc(1024 * 1024, 1));
    await run("mkfs.ext4", ["-q", disk]);
    await importLocalImage(state, { name: "mine", disk });
    const victim = join(folder, "victim");
    writeFileSync(victim, "untouched");
    for (const [name, format] of [
      ["out.raw", "raw"],
      ["out.qcow2", "qcow2"],
    ] as const) {
      const out = join(folder, name);
      symlinkSync(victim, `${out}.part`);
      await exportLocalImage(state, { image: "mine", disk: out, format });
      expect(statSync(out).mode & 0o777).toBe(0o600);
    }
    expect(readFileSync(victim, "utf8")).toBe("untouched");
    expect(readdirSync(folder).sort()).toEqual(
      ["disk.raw", "out.qcow2", "out.qcow2.part", "out.raw", "out.raw.part", "state", "victim"].sort(),
    );
  });
});
