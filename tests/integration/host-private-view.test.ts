import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RootFolder } from "../../src/chroot/root-folder.ts";
import { assertDeviceNotInUse } from "../../src/host/device-in-use.ts";
import { findRoot } from "../../src/host/find-root.ts";
import { growMounted } from "../../src/host/grow-filesystem.ts";
import { findHolders } from "../../src/host/mount-holders.ts";
import { mountImageFstab } from "../../src/host/mount-image-fstab.ts";
import { mountRoot } from "../../src/host/mount-root.ts";
import type { LookView, MountView } from "../../src/host/mount-view.ts";
import { readMountinfo } from "../../src/host/mountinfo.ts";
import { unmountBelow } from "../../src/host/mounts.ts";
import { readVolumeLayout } from "../../src/host/probe-filesystem.ts";
import { type CommandRunner, hostRunner } from "../../src/host/run-command.ts";
import { makeFilesystem, writeSystem } from "../support/disks/loop-disk.ts";
import { createWorkbench, type Workbench } from "../support/disks/workbench.ts";
import { type Holder, startHolder, startMountHolder } from "../support/program/holder.ts";
import { readLedger } from "../support/suite/ledger.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

/** A view of another process's mount namespace, as a sandbox gives it. */
function viewOf(pid: number): MountView {
  const host = hostRunner();
  const enter = (argv: readonly string[]) => ["nsenter", "--target", `${pid}`, "--mount", ...argv];
  const runner: CommandRunner = {
    run: (argv, options) => host.run(enter(argv), options),
    spawn: (argv, options) => host.spawn(enter(argv), options),
  };
  return { runner, mountinfoPath: `/proc/${pid}/mountinfo`, rootPrefix: `/proc/${pid}/root` };
}

requirePrograms(
  "nsenter",
  "unshare",
  "mkfs.xfs",
  "xfs_growfs",
)("host: a build in a mount namespace of its own", () => {
  let bench: Workbench;
  let anchor: Holder;
  let view: LookView;
  beforeEach(async () => {
    bench = await createWorkbench("host-private-view");
    anchor = await startMountHolder(bench.folder);
    view = { ...viewOf(anchor.pid), lookFolder: bench.lookFolder };
  });
  afterEach(async () => {
    await anchor.stop();
    await bench.dispose();
    expect(await readLedger(bench.folder)).toEqual({ mounts: [], loops: [] });
  });

  test("every mount stays inside, and its holders are found and stopped from outside", async () => {
    const { runner } = view;
    const device = await bench.addDisk(760, "label: gpt\nsize=60M\nsize=340M\nsize=340M\n");
    await readVolumeLayout(runner, device);
    await makeFilesystem("ext4", `${device}p1`, "-L", "boot");
    for (const part of ["p2", "p3"]) await makeFilesystem("xfs", `${device}${part}`);
    const folder = await bench.mount(`${device}p3`);
    await writeSystem(folder, "LABEL=boot /boot ext4 defaults 0 0\n");
    await bench.unmount(folder);
    const before = await readLedger(bench.folder);

    const layout = await readVolumeLayout(runner, device);
    const root = await findRoot({ view, layout, fromScratch: false });
    expect(root).toMatchObject({ number: 3, foundBy: "os-release" });
    const mountPath = join(bench.folder, "root");
    await mkdir(mountPath);
    expect(await mountRoot({ view, lookView: view, root, mountPath, userOptions: ["noatime"] })).toEqual([
      "nouuid",
      "noatime",
    ]);
    await growMounted({ view, root, mountPath });
    const resolveMountPoint = async (path: string) => {
      await mkdir(join(view.rootPrefix, mountPath, path), { recursive: true });
      return join(mountPath, path);
    };
    const tree = new RootFolder(join(view.rootPrefix, mountPath));
    await mountImageFstab({ view, layout, root, tree, resolveMountPoint, onWarning: () => undefined });
    expect(await readLedger(bench.folder)).toEqual(before);
    await expect(access(join(mountPath, "etc"))).rejects.toThrow("ENOENT");

    const enter = ["nsenter", "--target", `${anchor.pid}`, "--mount"];
    const inside = await startHolder(`cd ${mountPath}/boot; echo ready; exec sleep 600`, ...enter);
    const outside = await startHolder(`cd ${mountPath}; echo ready; exec sleep 600`);
    try {
      const found = [{ pid: inside.pid, why: [`cwd ${mountPath}/boot`], isInside: true }];
      expect(await findHolders(mountPath, { view })).toMatchObject(found);
      await expect(unmountBelow(mountPath, { view, deadlineMs: 0 })).rejects.toThrow(`pid ${inside.pid} (sleep 600)`);
    } finally {
      await inside.stop();
      await outside.stop();
    }
    const mountedOn = `pid ${anchor.pid} (sleep 600): mounted on ${mountPath}, ${mountPath}/boot in the mount namespace`;
    await expect(assertDeviceNotInUse(device, { deadlineMs: 0 })).rejects.toThrow(mountedOn);
    const unmounted = await unmountBelow(mountPath, { view });
    expect(unmounted.map(({ mountPoint }) => mountPoint)).toEqual([`${mountPath}/boot`, mountPath]);
    await assertDeviceNotInUse(device);
    for (const part of ["p2", "p3"]) await runner.run(["xfs_repair", "-n", `${device}${part}`]);
  });

  test("the end of the namespace's last process frees the device, and nothing of it is left on the host", async () => {
    const device = await bench.addDisk(64);
    await makeFilesystem("ext4", device);
    const layout = await readVolumeLayout(view.runner, device);
    const root = await findRoot({ view, layout, fromScratch: false });
    const mountPath = join(bench.folder, "root");
    await mkdir(mountPath);
    await mountRoot({ view, lookView: view, root, mountPath, userOptions: [] });
    const mounts = await readMountinfo(view.mountinfoPath);
    expect(mounts.at(-1)).toMatchObject({ mountPoint: mountPath, source: device });
    await anchor.stop();
    await assertDeviceNotInUse(device);
    await hostRunner().run(["e2fsck", "-fn", device]);
  });
});
