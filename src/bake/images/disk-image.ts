import { realpath } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { RootFolder } from "../../chroot/root-folder.ts";
import { type Sandbox, startSandbox } from "../../chroot/sandbox.ts";
import type { DebugLog } from "../../common/log.ts";
import { temporaryFolder } from "../../config/engine-settings.ts";
import { findBtrfsRoot } from "../../host/btrfs.ts";
import { findRoot, type RootPart } from "../../host/find-root.ts";
import { type HeldFolder, heldFolders } from "../../host/held-folder.ts";
import { type LoopFile, openLoopFile } from "../../host/loop-file.ts";
import { mountImageFstab } from "../../host/mount-image-fstab.ts";
import type { LookView } from "../../host/mount-view.ts";
import { readVolumeLayout, type VolumeLayout } from "../../host/probe-filesystem.ts";
import { isPlainQcow2 } from "../../host/qcow2-header.ts";
import { withReadOnlyMount } from "../../host/read-only-mount.ts";
import type { CommandRunner } from "../../host/run-command.ts";
import type { MountedImage, WithImage } from "./mounted-image.ts";

interface DiskImageOptions {
  readonly log: DebugLog;
  /** Of this program, for the folder that `cleanup` finds. */
  readonly stateFolder: string;
  readonly onWarning: (message: string) => void;
}

/**
 * A disk in a file, raw or qcow2. It is mounted read-only and in a namespace of its own, which ends with us however we end, and
 * its journal is not replayed.
 */
export function diskImage(path: string, { log, stateFolder, onWarning }: DiskImageOptions): WithImage {
  return async (look) => {
    await using folder = await openOwnFolder(stateFolder);
    await using sandbox = await startSandbox({ isolation: "private", log });
    const raw = await rawDisk(resolve(path), sandbox, folder);
    const loop = await openLoopFile(sandbox, raw, folder);
    try {
      const view = { ...sandbox.view, lookFolder: await realpath(folder.path) };
      await mountDisk({ sandbox, view, loop }, { name: basename(path), look, onWarning });
    } finally {
      await loop.letGo();
    }
  };
}

/** What we leave when we are killed is known by it: what lies in it, and the loop device with its mark. */
async function openOwnFolder(stateFolder: string): Promise<HeldFolder & AsyncDisposable> {
  const folder = await heldFolders(temporaryFolder(stateFolder))("disk-");
  return { ...folder, [Symbol.asyncDispose]: () => folder.remove() };
}

/** Where the disk's own bytes are: in the file itself, or in what a qcow2 file unpacks to. */
async function rawDisk(path: string, runner: CommandRunner, { path: folder, fd }: HeldFolder): Promise<string> {
  if (!isPlainQcow2(path)) return path;
  const raw = join(folder, "disk.raw");
  await runner.run(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", path, raw], { stdin: fd });
  return raw;
}

interface MountDiskInput {
  readonly name: string;
  readonly look: (image: MountedImage) => Promise<void>;
  readonly onWarning: (message: string) => void;
}

interface OpenDisk {
  readonly sandbox: Sandbox;
  readonly view: LookView;
  readonly loop: LoopFile;
}

async function mountDisk({ sandbox, view, loop }: OpenDisk, input: MountDiskInput): Promise<void> {
  const layout = await readVolumeLayout(sandbox, loop.device);
  const root = await findRoot({ view, layout, requested: undefined, fromScratch: false });
  const options = root.filesystem.type === "btrfs" ? (await findBtrfsRoot(view, root)).options : [];
  const lookAt = async (folder: string, folderInView: string) => {
    const parts = await mountParts(sandbox, { layout, root, folder, folderInView, onWarning: input.onWarning });
    // The mounts keep it alive, and nothing else: with the sandbox it goes, too.
    await loop.letGo();
    await input.look({ name: input.name, root: folder, mountPoints: ["/", ...parts], foreignMounts: [] });
  };
  await withReadOnlyMount(view, root, lookAt, options);
}

interface MountPartsInput {
  readonly layout: VolumeLayout;
  readonly root: RootPart;
  readonly folder: string;
  readonly folderInView: string;
  readonly onWarning: (message: string) => void;
}

/** What else of the disk belongs to the image, as `/boot`. What cannot be mounted is not looked at. */
async function mountParts(
  { view }: Sandbox,
  { layout, root, folder, folderInView, onWarning }: MountPartsInput,
): Promise<readonly string[]> {
  const tree = new RootFolder(folder);
  const resolveMountPoint = async (path: string) => `${folderInView}${tree.resolve(path)}`;
  // It says that it can only be read, as it should be.
  const warnings: string[] = [];
  const onNote = (message: string) => void warnings.push(message);
  try {
    const mounts = await mountImageFstab({ view, layout, root, tree, resolveMountPoint, onWarning: onNote });
    return mounts.map(({ mountPoint }) => mountPoint);
  } catch (error) {
    onWarning(`Only the root of the image is looked at: ${error instanceof Error ? error.message : error}`);
    return [];
  }
}
