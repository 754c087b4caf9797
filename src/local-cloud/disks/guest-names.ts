import { mkdir, readdir, readlink, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { byIdLink } from "../../common/device-slot.ts";
import { partitionsOf } from "./loop-devices.ts";

/**
 * The names under which a guest would find a linked disk, in a folder that stands for `/dev`: what the image's udev
 * rules make (`xvdf`) and what the serial makes (`disk/by-id/scsi-0QEMU_QEMU_HARDDISK_sdf`), with their partitions.
 *
 * @param slot The letters of the requested name, the same for `/dev/sdf` and `/dev/xvdf`
 */
export async function linkDevice(folder: string, slot: string, device: string): Promise<void> {
  const byId = join(folder, "disk", "by-id");
  await mkdir(byId, { recursive: true });
  for (const [suffix, partSuffix, node] of namesOf(device)) {
    await point(join(folder, `xvd${slot}${suffix}`), node);
    await point(join(folder, `${byIdLink(`xvd${slot}`)}${partSuffix}`), node);
  }
}

/** Removes every name that leads to a device or to a partition of it. */
export async function unlinkDevice(folder: string, device: string): Promise<void> {
  for (const parent of [folder, join(folder, "disk", "by-id")]) {
    for (const entry of await readdir(parent, { withFileTypes: true })) {
      if (!entry.isSymbolicLink()) continue;
      const path = join(parent, entry.name);
      // Another volume's link may go while we look.
      const target = await readlink(path).catch(() => "");
      if (target === device || target.startsWith(`${device}p`)) await rm(path, { force: true });
    }
  }
}

/** Leaves an empty folder. */
export async function clearDeviceLinks(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await makeDeviceFolder(folder);
}

export async function makeDeviceFolder(folder: string): Promise<void> {
  await mkdir(join(folder, "disk", "by-id"), { recursive: true });
}

function namesOf(device: string): (readonly [suffix: string, partSuffix: string, node: string])[] {
  const partitions = partitionsOf(device);
  return [
    ["", "", device],
    ...partitions.map((number) => [`${number}`, `-part${number}`, `${device}p${number}`] as const),
  ];
}

async function point(path: string, target: string): Promise<void> {
  await rm(path, { force: true });
  await symlink(target, path);
}
