import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LeftoverError, MountError } from "../../src/common/errors.ts";
import { assertDeviceNotInUse } from "../../src/host/device-in-use.ts";
import { describeHolder, findHolders } from "../../src/host/mount-holders.ts";
import { hostView } from "../../src/host/mount-view.ts";
import { mountFilesystem, unmountBelow } from "../../src/host/mounts.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { makeFilesystem } from "../support/disks/loop-disk.ts";
import { createWorkbench, type Workbench } from "../support/disks/workbench.ts";
import { type Holder, startHolder, startMountHolder } from "../support/program/holder.ts";
import { readLedger, readProcessesOf } from "../support/suite/ledger.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const runner = hostRunner();
const view = hostView(runner);
const HOLD = "echo ready; exec sleep 600";

requirePrograms(
  "unshare",
  "mkfs.ext4",
  "mkfs.xfs",
  "mkfs.btrfs",
  "perl",
)("host: what keeps a device in use", () => {
  let bench: Workbench;
  let device: string;
  let tree: string;
  let holders: Holder[];
  beforeEach(async () => {
    bench = await createWorkbench("host-in-use");
    holders = [];
    device = await bench.addDisk(64);
    await makeFilesystem("ext4", device);
    tree = await bench.mount(device);
  });
  afterEach(async () => {
    for (const holder of holders) await holder.stop();
    await bench.dispose();
    expect(await readLedger(bench.folder)).toEqual({ mounts: [], loops: [] });
    expect(await readProcessesOf(bench.folder)).toEqual([]);
  });

  async function hold(line: string, ...argv: readonly string[]): Promise<Holder> {
    const holder = await startHolder(line, ...argv);
    holders.push(holder);
    return holder;
  }

  async function holdMounts(): Promise<Holder> {
    const holder = await startMountHolder(bench.folder);
    holders.push(holder);
    return holder;
  }

  /** Those that this test has started: what others start meanwhile in a mount namespace of its own has the tree, too. */
  async function findOwnHolders() {
    const pids = holders.map(({ pid }) => pid);
    return (await findHolders(tree, { view })).filter(({ pid }) => pids.includes(pid));
  }

  /** Ends clean: nothing mounted, the journal written out, the device free. */
  async function expectCleanEnd(): Promise<void> {
    await unmountBelow(tree, { view });
    await assertDeviceNotInUse(device);
    await runner.run(["e2fsck", "-fn", device]);
    const { stdout } = await runner.run(["dumpe2fs", "-h", device]);
    expect(stdout).not.toContain("needs_recovery");
  }

  /** A copy of `sleep` inside the tree, so that running it maps a file of the tree. */
  async function copySleep(): Promise<string> {
    const { stdout } = await runner.run(["/bin/sh", "-c", "command -v sleep"]);
    const copy = join(tree, "sleep");
    await copyFile(stdout.trim(), copy);
    return copy;
  }

  test.each([
    { what: "a working folder", why: (at: string) => `cwd ${at}`, line: (at: string) => `cd ${at}; ${HOLD}` },
    { what: "an open file", why: (at: string) => `fd 7 ${at}/log`, line: (at: string) => `exec 7>${at}/log; ${HOLD}` },
  ])("findHolders() finds what holds $what", async ({ why, line }) => {
    const holder = await hold(line(tree));
    const found = { pid: holder.pid, command: "sleep 600", why: [why(tree)], isInside: true, runId: undefined };
    expect(await findOwnHolders()).toMatchObject([found]);
    await holder.stop();
    await expectCleanEnd();
  });

  test("findHolders() tells which build a process is", async () => {
    const journal = join(bench.folder, "runs/run-1a2b.jsonl");
    await mkdir(join(bench.folder, "runs"));
    const holder = await hold(`exec 8>${journal}; cd ${tree}; ${HOLD}`);
    const [found] = await findOwnHolders();
    expect(found && describeHolder(found)).toBe(`pid ${holder.pid} (sleep 600, the build run-1a2b): cwd ${tree}`);
    await holder.stop();
    await expectCleanEnd();
  });

  test("findHolders() finds a process by its mapping alone", async () => {
    const sleep = await copySleep();
    const holder = await hold(`echo ready; exec ${sleep} 600`);
    const found = [{ pid: holder.pid, why: [`map ${sleep}`] }];
    await expect.poll(() => findOwnHolders()).toMatchObject(found);
    await holder.stop();
    await expectCleanEnd();
  });

  test("findHolders() finds a process by its root alone", async () => {
    const script = `chroot $ARGV[0]; $| = 1; print "ready\\n"; sleep 600`;
    const holder = await hold(`cd /; exec perl -e '${script}' ${tree}`);
    expect(await findOwnHolders()).toMatchObject([{ pid: holder.pid, why: [`root ${tree}`] }]);
    await holder.stop();
    await expectCleanEnd();
  });

  test("findHolders() finds what entered the tree in a mount namespace of its own", async () => {
    const holder = await hold(`cd ${tree}; ${HOLD}`, "unshare", "--mount");
    expect(await findOwnHolders()).toMatchObject([
      { pid: holder.pid, why: [`cwd ${tree}`, "mount namespace"], isInside: true },
    ]);
    await holder.stop();
    await expectCleanEnd();
  });

  test("findHolders() leaves out what only has the host's /dev open", async () => {
    await mkdir(join(tree, "dev"));
    await runner.run(["mount", "--bind", "/dev", join(tree, "dev")]);
    await hold(`exec 7</dev/null; ${HOLD}`);
    expect(await findOwnHolders()).toEqual([]);
    await expectCleanEnd();
  });

  test("findHolders() leaves out who was in the folder before anything was mounted on it", async () => {
    await unmountBelow(tree, { view });
    await hold(`cd ${tree}; ${HOLD}`);
    expect(await findOwnHolders()).toEqual([]);
    await mountFilesystem(view, { source: device, target: tree });
    expect(await findOwnHolders()).toEqual([]);
    await expectCleanEnd();
  });

  test("unmountBelow() unmounts whatever anybody mounted below, newest first", async () => {
    await mkdir(join(tree, "a b/c"), { recursive: true });
    for (const place of ["a b", "a b", "."]) {
      await runner.run(["mount", "-t", "tmpfs", "tmpfs", join(tree, place)]);
    }
    const places = (await unmountBelow(tree, { view })).map(({ mountPoint }) => mountPoint.slice(tree.length));
    expect(places).toEqual(["", "/a b", "/a b", ""]);
    await expectCleanEnd();
  });

  test("unmountBelow() names a loop device whose file lies in the mount, which no process holds", async () => {
    await runner.run(["truncate", "--size=1M", join(tree, "disk.img")]);
    const { stdout } = await runner.run(["losetup", "--find", "--show", join(tree, "disk.img")]);
    const loop = stdout.trim();
    const attempt = unmountBelow(tree, { view, deadlineMs: 0 });
    await expect(attempt).rejects.toThrow(
      `which is held by:\n  the loop device ${loop}: its file is ${tree}/disk.img (free it: losetup --detach ${loop})`,
    );
    await expect(assertDeviceNotInUse(device, { deadlineMs: 0 })).rejects.toThrow(`the loop device ${loop}`);
    await runner.run(["losetup", "--detach", loop]);
    await expectCleanEnd();
  });

  test("unmountBelow() names who keeps a mount busy, and unmounts it once they are gone", async () => {
    const holder = await hold(`cd ${tree}; ${HOLD}`);
    const attempt = unmountBelow(tree, { view, deadlineMs: 0 });
    await expect(attempt).rejects.toThrow(MountError);
    await expect(attempt).rejects.toThrow(
      `Cannot unmount "${device}" from "${tree}", which is held by:\n  pid ${holder.pid} (sleep 600): cwd ${tree}`,
    );
    await holder.stop();
    await expectCleanEnd();
  });

  test.each([
    { type: "ext4", check: ["e2fsck", "-fn"] },
    { type: "xfs", check: ["xfs_repair", "-n"] },
    { type: "btrfs", check: ["btrfs", "check", "--readonly"] },
  ])(
    "assertDeviceNotInUse() refuses and names a holder in another mount namespace ($type)",
    async ({ type, check }) => {
      const disk = await bench.addDisk(400);
      await makeFilesystem(type, disk);
      const folder = await bench.mount(disk);
      const holder = await holdMounts();
      await unmountBelow(folder, { view }); // succeeds, and proves nothing
      const proof = assertDeviceNotInUse(disk, { deadlineMs: 0 });
      await expect(proof).rejects.toThrow(LeftoverError);
      await expect(proof).rejects.toThrow(`${disk} cannot be opened exclusively`);
      await expect(proof).rejects.toThrow(
        `pid ${holder.pid} (sleep 600): mounted on ${folder} in the mount namespace mnt:[`,
      );
      await expect(proof).rejects.toThrow(`; what frees it: nsenter -t ${holder.pid} -m umount ${folder}\n`);
      await holder.stop();
      await assertDeviceNotInUse(disk);
      await runner.run([...check, disk]);
    },
  );

  test("assertDeviceNotInUse() waits for a holder that lets go", async () => {
    const holder = await holdMounts();
    await unmountBelow(tree, { view });
    const proof = assertDeviceNotInUse(device, { deadlineMs: 60_000 });
    await holder.stop();
    await proof;
  });

  test("assertDeviceNotInUse() refuses a device with a mounted partition, and one that is swap", async () => {
    const disk = await bench.addDisk(64, "label: gpt\nsize=20M\nsize=20M\n");
    await runner.run(["partx", "--add", disk]);
    await makeFilesystem("ext4", `${disk}p1`);
    const folder = await bench.mount(`${disk}p1`);
    await expect(assertDeviceNotInUse(disk, { deadlineMs: 0 })).rejects.toMatchObject({
      leftovers: expect.arrayContaining([
        `${disk} cannot be opened exclusively`,
        `${disk}p1 cannot be opened exclusively`,
        `/sys/fs/ext4/${disk.slice(5)}p1 exists: the file system is still mounted somewhere`,
        `mounted on ${folder}; what frees it: umount ${folder}`,
      ]),
    });
    await bench.unmount(folder);
    await runner.run(["mkswap", `${disk}p2`]);
    await runner.run(["swapon", `${disk}p2`]);
    try {
      await expect(assertDeviceNotInUse(disk, { deadlineMs: 0 })).rejects.toThrow(`${disk}p2 is swap`);
    } finally {
      await runner.run(["swapoff", `${disk}p2`]);
    }
    await assertDeviceNotInUse(disk);
  });

  test("assertDeviceNotInUse() names who still works in a tree that was unmounted lazily", async () => {
    const holder = await hold(`cd ${tree}; ${HOLD}`);
    await runner.run(["umount", "--lazy", tree]);
    await expect(assertDeviceNotInUse(device, { deadlineMs: 0 })).rejects.toThrow(`pid ${holder.pid} (sleep 600): cwd`);
  });
});
