import { once } from "node:events";
import { watch } from "node:fs";
import { lstat, mkdir, readdir, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Clock } from "../../src/common/clock.ts";
import { CancelledError } from "../../src/common/errors.ts";
import { createDeviceLinks, removeDeviceLinks } from "../../src/host/device-links.ts";
import { findLinkedDevice, snapshotDevices } from "../../src/host/find-device.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { runLocalCommands } from "../../src/host/run-local-commands.ts";
import { syncPartitions } from "../../src/host/sync-partitions.ts";
import { makeFilesystem } from "../support/disks/loop-disk.ts";
import { createWorkbench, type Workbench } from "../support/disks/workbench.ts";
import { hashFile, readLedger } from "../support/suite/ledger.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const runner = hostRunner();
const MIB = 1024 * 1024;
const BY_ID = "disk/by-id/scsi-0QEMU_QEMU_HARDDISK_sdf";

/** A clock whose sleeps are the moments at which something happens on the machine. */
function scriptedClock(events: Readonly<Record<number, () => Promise<unknown>>>): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms) => {
      for (let step = 0; step < ms; step += 250) {
        now += 250;
        await events[now]?.();
      }
    },
  };
}

requirePrograms(
  "losetup",
  "partx",
  "parted",
  "sfdisk",
)("host: devices", () => {
  let bench: Workbench;
  let devices: string;
  beforeEach(async () => {
    bench = await createWorkbench("host-devices");
    devices = join(bench.folder, "dev");
    await mkdir(join(devices, "disk/by-id"), { recursive: true });
  });
  afterEach(async () => {
    await bench.dispose();
    expect(await readLedger(bench.folder)).toEqual({ mounts: [], loops: [] });
  });

  test("findLinkedDevice() finds a disk that comes 10 s late under another kernel name, past a decoy", async () => {
    const before = await snapshotDevices(devices);
    let decoy = "";
    let linked = "";
    const clock = scriptedClock({
      500: async () => {
        decoy = await bench.addDisk(43);
      },
      10000: async () => {
        linked = await bench.addDisk(43);
        await symlink(linked, join(devices, BY_ID));
      },
    });
    const search = findLinkedDevice({ deviceName: "/dev/xvdf", before, sizeBytes: 43 * MIB, clock });
    expect(await search).toEqual({ path: linked, kernelName: linked.slice(5), foundBy: "by-id" });
    expect(decoy).not.toBe(linked);
    expect(await hashFile(decoy)).toBe(await hashFile(bench.fileOf(decoy)));
  });

  test("findLinkedDevice() follows the name's link, and not one that was there before", async () => {
    const old = await bench.addDisk(43);
    await symlink(old, join(devices, "xvdf"));
    const before = await snapshotDevices(devices);
    const linked = await bench.addDisk(43);
    const clock = scriptedClock({ 1000: () => symlink(linked, join(devices, BY_ID)) });
    const search = findLinkedDevice({ deviceName: "/dev/xvdf", before, sizeBytes: 43 * MIB, clock });
    expect(await search).toMatchObject({ path: linked, foundBy: "by-id" });
  });

  test("findLinkedDevice() is woken by the link, before its next look is due", async () => {
    const before = await snapshotDevices(devices);
    const linked = await bench.addDisk(43);
    const clock: Clock = {
      now: () => 0,
      sleep: async (_ms, signal) => {
        const change = once(signal ?? new AbortController().signal, "abort");
        await symlink(linked, join(devices, "xvdf"));
        await change; // nothing else ends this sleep
        throw new CancelledError();
      },
    };
    const search = findLinkedDevice({ deviceName: "/dev/xvdf", before, sizeBytes: 43 * MIB, clock });
    expect(await search).toMatchObject({ path: linked, foundBy: "name" });
  });

  test("findLinkedDevice() sleeps on while somebody writes to a device that is there", async () => {
    const before = await snapshotDevices(devices);
    const linked = await bench.addDisk(43);
    await writeFile(join(devices, "null"), "");
    const sleeps: number[] = [];
    const clock: Clock = {
      now: () => 0,
      sleep: async (ms, signal) => {
        sleeps.push(ms);
        // What anybody makes or removes in the machine's /dev at this moment ends the sleep, rightly.
        let isDisturbed = false;
        const others = watch("/dev", (event) => {
          isDisturbed ||= event === "rename";
        });
        const writing = watch(devices);
        const written = once(writing, "change");
        await writeFile(join(devices, "null"), "x");
        await written;
        writing.close();
        expect(signal?.aborted).toBe(isDisturbed);
        others.close();
        await symlink(linked, join(devices, BY_ID));
      },
    };
    const search = findLinkedDevice({ deviceName: "/dev/xvdf", before, sizeBytes: 43 * MIB, clock });
    expect(await search).toMatchObject({ path: linked, foundBy: "by-id" });
    expect(sleeps).toHaveLength(1);
  });

  test("findLinkedDevice() knows a disk that came under the name of one that went", async () => {
    const old = await bench.addDisk(43);
    const before = await snapshotDevices(devices);
    const file = bench.fileOf(old);
    await bench.detach(old);
    const again = await bench.attach(file);
    await symlink(again, join(devices, "xvdf"));
    const search = findLinkedDevice({ deviceName: "/dev/xvdf", before, sizeBytes: 43 * MIB });
    expect(await search).toMatchObject({ path: again, foundBy: "name" });
  });

  test("findLinkedDevice() takes nvme_device_path with its p, and only a disk that is new", async () => {
    const old = await bench.addDisk(43);
    const before = await snapshotDevices(devices);
    const linked = await bench.addDisk(43);
    const request = { deviceName: "/dev/xvdf", before, sizeBytes: 43 * MIB, clock: scriptedClock({}) };
    const found = { path: linked, foundBy: "option" };
    expect(await findLinkedDevice({ ...request, nvmeDevicePath: `${linked}p` })).toMatchObject(found);
    expect(await findLinkedDevice({ ...request, nvmeDevicePath: linked })).toMatchObject(found);
    await expect(findLinkedDevice({ ...request, nvmeDevicePath: old })).rejects.toThrow(
      `tried ${old}; ${old} is ${old}, which was there before the volume was linked`,
    );
  });

  test("findLinkedDevice() takes the only new disk of an odd size, but not at once", async () => {
    const before = await snapshotDevices(devices);
    const linked = await bench.addDisk(37);
    const clock = scriptedClock({});
    const search = findLinkedDevice({ deviceName: "/dev/xvdf", before, sizeBytes: 37 * MIB, clock });
    expect(await search).toMatchObject({ path: linked, foundBy: "size" });
    expect(clock.now()).toBe(12_000);
  });

  test("findLinkedDevice() refuses to choose between two new disks of one size, but not at once", async () => {
    const before = await snapshotDevices(devices);
    const disks = [await bench.addDisk(41), await bench.addDisk(41)].sort();
    const clock = scriptedClock({});
    const search = findLinkedDevice({ deviceName: "/dev/xvdf", before, sizeBytes: 41 * MIB, clock });
    await expect(search).rejects.toThrow(`Cannot tell which device is "/dev/xvdf": ${disks.join(", ")} are new`);
    expect(clock.now()).toBe(12_000);
  });

  test("findLinkedDevice() tells two new disks of one size apart as soon as one has its link", async () => {
    const before = await snapshotDevices(devices);
    const [linked] = [await bench.addDisk(41), await bench.addDisk(41)];
    const clock = scriptedClock({ 1000: () => symlink(linked, join(devices, BY_ID)) });
    const search = findLinkedDevice({ deviceName: "/dev/xvdf", before, sizeBytes: 41 * MIB, clock });
    expect(await search).toMatchObject({ path: linked, foundBy: "by-id" });
  });

  test("findLinkedDevice() refuses a device that somebody mounted already", async () => {
    const before = await snapshotDevices(devices);
    const linked = await bench.addDisk(43);
    await symlink(linked, join(devices, "xvdf"));
    await makeFilesystem("ext4", linked);
    await bench.mount(linked);
    const search = findLinkedDevice({ deviceName: "/dev/xvdf", before, sizeBytes: 43 * MIB });
    await expect(search).rejects.toThrow(`The device "${linked}" of "/dev/xvdf" is in use already`);
  });

  test("createDeviceLinks() lets the original's from-scratch commands work on a loop device", async () => {
    const device = await bench.addDisk(64);
    const links = await createDeviceLinks({ folder: join(bench.folder, "run/RUN"), name: "xvdf", device });
    const said: string[] = [];
    await runLocalCommands(
      [
        "parted {{.Device}} mklabel msdos mkpart primary 1M 100% set 1 boot on print",
        "partprobe {{.Device}}",
        "mkfs.ext4 -q {{.Device}}1",
      ],
      {
        runner,
        wrapCommand: (command) => `env -i PATH=$PATH ${command}`,
        render: (command) => command.replaceAll("{{.Device}}", links.devicePath),
        ui: { say: (message) => said.push(message), message: () => undefined },
        afterEach: async () => {
          await syncPartitions(runner, device);
          await links.refresh();
        },
      },
    );
    expect(await readlink(`${links.devicePath}1`)).toBe(`${device}p1`);
    const { stdout } = await runner.run(["blkid", "-p", "-s", "TYPE", "-o", "value", `${device}p1`]);
    expect(stdout).toBe("ext4\n");
    expect(said[2]).toBe(`Executing command: env -i PATH=$PATH mkfs.ext4 -q ${links.devicePath}1`);
    await links.remove();
    await expect(lstat(join(bench.folder, "run/RUN"))).rejects.toThrow("ENOENT");
  });

  test("refresh() links logical partitions too, and drops what is gone", async () => {
    const device = await bench.addDisk(64, "label: dos\n,8M,L\n,,E\n,8M,L\n,8M,L\n");
    await syncPartitions(runner, device);
    const folder = join(bench.folder, "links");
    const links = await createDeviceLinks({ folder, name: "xvdf", device });
    expect((await readdir(folder)).sort()).toEqual(["xvdf", "xvdf1", "xvdf2", "xvdf5", "xvdf6"]);
    await runner.run(["sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", device], {
      input: "label: gpt\nsize=20M\n",
    });
    await syncPartitions(runner, device);
    await links.refresh();
    expect((await readdir(folder)).sort()).toEqual(["xvdf", "xvdf1"]);
    await links.remove();
  });

  test("refresh() says when a command made a plain file instead of writing to a partition", async () => {
    const device = await bench.addDisk(43);
    const folder = join(bench.folder, "links");
    const links = await createDeviceLinks({ folder, name: "xvdf", device });
    await writeFile(`${links.devicePath}1`, "not a partition");
    await expect(links.refresh()).rejects.toThrow(`"${links.devicePath}1" is a file and not a partition`);
  });

  test("removeDeviceLinks() removes links alone, and takes a folder that is gone", async () => {
    const device = await bench.addDisk(43);
    const folder = join(bench.folder, "links");
    await createDeviceLinks({ folder, name: "xvdf", device });
    await writeFile(join(folder, "note"), "a person's");
    await expect(removeDeviceLinks(folder)).rejects.toThrow("ENOTEMPTY");
    expect(await readdir(folder)).toEqual(["note"]);
    await removeDeviceLinks(join(bench.folder, "none"));
  });

  test("syncPartitions() reads a table of a disk with sectors of 4096 bytes", async () => {
    const device = await bench.addDisk(64);
    const file = bench.fileOf(device);
    await bench.detach(device);
    const wide = await bench.attach(file, "--sector-size", "4096");
    await runner.run(["sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", wide], {
      input: "label: gpt\nsize=8M\n",
    });
    const table = await syncPartitions(runner, wide);
    expect(table).toMatchObject({ kind: "gpt", sectorBytes: 4096, partitions: [{ number: 1, sizeBytes: 8 * MIB }] });
    const { stdout } = await runner.run(["blockdev", "--getsize64", `${wide}p1`]);
    expect(Number(stdout)).toBe(8 * MIB);
  });

  test("syncPartitions() removes the partitions of a disk whose table is gone", async () => {
    const device = await bench.addDisk(32, "label: gpt\nsize=8M\nsize=8M\n");
    await syncPartitions(runner, device);
    expect((await lstat(`${device}p2`)).isBlockDevice()).toBe(true);
    await runner.run(["wipefs", "--all", "--quiet", device]);
    expect(await syncPartitions(runner, device)).toBeUndefined();
    await expect(lstat(`${device}p2`)).rejects.toThrow("ENOENT");
  });
});
