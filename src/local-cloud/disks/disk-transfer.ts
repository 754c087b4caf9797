import { rename, stat, truncate, writeFile } from "node:fs/promises";
import { extname } from "node:path";
import type { CommandRunner } from "../../host/run-command.ts";
import type { Image } from "../../outscale/oapi.ts";
import type { Account } from "../accounts.ts";
import { checkImageName } from "../actions/image-name.ts";
import { newId } from "../cloud.ts";
import { refuseOccupied, withUnfinished } from "../folder/unfinished.ts";
import { LocalCloudError } from "../local-cloud-error.ts";
import type { OpenCloud } from "../open-cloud.ts";
import { registerDisk } from "../register-disk.ts";
import { BYTES_PER_GIB } from "./disks.ts";
import { type DiskFormat, diskBytesOf, formatOf } from "./qcow2.ts";

/**
 * Registers a disk file, raw or qcow2, as an image of the builder's account, with a snapshot of its own.
 * @throws {LocalCloudError} when the name is taken or is none of an image, the file is no disk, or its content is elsewhere
 * @throws {CommandError} when the disk cannot be read
 */
export async function importDisk(core: OpenCloud, { name, disk }: { name: string; disk: string }): Promise<Image> {
  const { store, disks, host } = core;
  const account = core.accounts.byRole("builder");
  checkName(core, account, name);
  const snapshotId = newId("snap");
  const sizeGib = await sizeGibOf(disk);
  await disks.make(snapshotId, (path) => fillWithSystem(host, disk, path));
  const image = registerDisk(core, account.id, { snapshotId, sizeGib, name, description: `Imported from ${disk}` });
  await store.settled();
  return image;
}

/** Writes a disk file, raw or qcow2, to a path as a raw image of whole GiB. */
export async function fillFromDisk(host: CommandRunner, disk: string, path: string): Promise<void> {
  if ((await formatOf(disk)) === "qcow2") await convert(host, "raw", disk, path);
  else await host.run(["cp", "--sparse=always", "--reflink=auto", "--", disk, path]);
  await truncate(path, Math.ceil((await stat(path)).size / BYTES_PER_GIB) * BYTES_PER_GIB);
}

/**
 * As {@link fillFromDisk}, for the root disk of an image.
 * @throws {LocalCloudError} when there is nothing on it that could be mounted: a text, or a disk in another format
 */
export async function fillWithSystem(host: CommandRunner, disk: string, path: string): Promise<void> {
  await fillFromDisk(host, disk, path);
  const { exitCode } = await host.run(["blkid", "--probe", path], {
    okExitCodes: [0, BLKID_FOUND_NOTHING, BLKID_UNSURE],
  });
  if (exitCode !== BLKID_FOUND_NOTHING) return;
  throw new LocalCloudError(`"${disk}" is not the disk of an image: it has neither partitions nor a file system`, {
    hint: "Raw and qcow2 disks can be imported; `qemu-img convert` makes one of those in other formats",
  });
}

/** @see blkid(8), EXIT STATUS */
const BLKID_FOUND_NOTHING = 2;
const BLKID_UNSURE = 8;

/** How large a volume has to be for a disk file. */
export async function sizeGibOf(disk: string): Promise<number> {
  return Math.max(1, Math.ceil((await diskBytesOf(disk)) / BYTES_PER_GIB));
}

function checkName(cloud: OpenCloud, account: Account, name: string): void {
  try {
    checkImageName({ cloud, account }, name);
  } catch (cause) {
    throw new LocalCloudError(`Cannot import a disk as "${name}"`, { cause });
  }
}

interface ExportInput {
  /** Its id or, in the builder's account or as a public image, its name. */
  readonly image: string;
  readonly disk: string;
  readonly format: DiskFormat;
}

/**
 * Writes the root disk of an image to a file that its owner alone can read: it has the password hashes and keys that the
 * image has. A file that is there is replaced once the new one is whole.
 * @throws {LocalCloudError} when there is no such image, its snapshot is not completed, or the file cannot be written
 */
export async function exportImage(core: OpenCloud, { image, disk, format }: ExportInput): Promise<Image> {
  refuseOccupied(disk);
  const found = findImage(core, image);
  const root = found.BlockDeviceMappings.find(({ DeviceName }) => DeviceName === found.RootDeviceName);
  const snapshotId = root?.Bsu?.SnapshotId ?? "";
  const path = core.disks.has(snapshotId) ? core.disks.path(snapshotId) : undefined;
  if (path === undefined) {
    const why =
      core.settings.blocks === "memory"
        ? "the disks of this cloud are in memory alone"
        : "its root disk is not there (yet)";
    throw new LocalCloudError(`Cannot export "${image}": ${why}`);
  }
  // No name that another user could have guessed and put a link at, in a folder such as /tmp.
  const place = (token: string) => `${disk}.${token}.part`;
  const written = withUnfinished(core.settings.stateFolder, place, async (partial) => {
    await writeFile(partial, "", { flag: "wx", mode: 0o600 });
    if (format === "qcow2") await convert(core.host, "qcow2", path, partial);
    else await core.host.run(["cp", "--sparse=always", "--reflink=auto", "--", path, partial]);
    await rename(partial, disk);
  });
  await written.catch((cause) => {
    throw new LocalCloudError(`Cannot write the disk "${disk}"`, { cause });
  });
  return found;
}

/**
 * The format that a file's name asks for: qcow2 for `.qcow2`, raw for `.raw`, `.img` and names without a format.
 * @throws {LocalCloudError} for the name of another format: a raw disk under it would be taken for what it is not
 */
export function formatOfName(disk: string): DiskFormat {
  const extension = extname(disk).toLowerCase();
  if (extension === ".qcow2") return "qcow2";
  if (["", ".raw", ".img"].includes(extension) || /^\.\d+$/.test(extension)) return "raw";
  throw new LocalCloudError(`Cannot write a disk as "${extension}"`, {
    hint: "Name it .raw, .img or .qcow2, or give -format; `qemu-img convert` makes other formats of them",
  });
}

function findImage({ store, accounts }: OpenCloud, wanted: string): Image {
  const byId = store.images.get(wanted)?.api;
  if (byId) return byId;
  const { id: own } = accounts.byRole("builder");
  const named = store.images.values().filter(({ api }) => api.ImageName === wanted);
  const found = named.find(({ accountId }) => accountId === own) ?? named[0];
  if (found) return found.api;
  const hint = "`outscale-chroot local-cloud images` lists them";
  throw new LocalCloudError(`There is no image with the id or name "${wanted}"`, { hint });
}

async function convert(host: CommandRunner, to: DiskFormat, from: string, path: string): Promise<void> {
  const source = to === "raw" ? "qcow2" : "raw";
  await host.run(["qemu-img", "convert", "-f", source, "-O", to, from, path]);
}
