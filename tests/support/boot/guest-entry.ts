import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RootFolder } from "../../../src/chroot/root-folder.ts";
import { assertDeviceNotInUse } from "../../../src/host/device-in-use.ts";
import { findLinkedDevice, snapshotDevices } from "../../../src/host/find-device.ts";
import { findRoot } from "../../../src/host/find-root.ts";
import { mountImageFstab } from "../../../src/host/mount-image-fstab.ts";
import { mountRoot } from "../../../src/host/mount-root.ts";
import { hostView } from "../../../src/host/mount-view.ts";
import { unmountBelow } from "../../../src/host/mounts.ts";
import { readVolumeLayout } from "../../../src/host/probe-filesystem.ts";
import { hostRunner } from "../../../src/host/run-command.ts";

// What runs inside a guest: the steps of a build that touch a linked disk, for each device name of the command line, with
// the guest's own drivers and file systems. Prints one line of JSON for each.

const runner = hostRunner();
const view = { ...hostView(runner), lookFolder: "/tmp/look" };
await mkdir(view.lookFolder, { recursive: true });
const [sizeBytes = "", ...deviceNames] = process.argv.slice(2);
const before = await snapshotDevices();
console.log("READY");

for (const deviceName of deviceNames) {
  const { path, foundBy } = await findLinkedDevice({ deviceName, before, sizeBytes: Number(sizeBytes) });
  const layout = await readVolumeLayout(runner, path);
  const root = await findRoot({ view, layout, fromScratch: false });
  const mountPath = join("/tmp", deviceName);
  await mkdir(mountPath, { recursive: true });
  await mountRoot({ view, lookView: view, root, mountPath, userOptions: [] });
  const warnings: string[] = [];
  const mounts = await mountImageFstab({
    view,
    layout,
    root,
    tree: new RootFolder(mountPath),
    resolveMountPoint: async (place) => join(mountPath, place),
    onWarning: (message) => warnings.push(message),
  });
  await writeFile(join(mountPath, "boot/efi/note.txt"), `the ESP of ${deviceName}`);
  await unmountBelow(mountPath, { view });
  await assertDeviceNotInUse(path);
  const mounted = mounts.map(({ source, mountPoint, type }) => `${type} ${source} ${mountPoint}`);
  console.log(`MOUNTED ${JSON.stringify({ deviceName, path, foundBy, root: root.path, mounted, warnings })}`);
}
console.log("DONE");
