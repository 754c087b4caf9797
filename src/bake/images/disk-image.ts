import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { RootFolder } from "../../chroot/root-folder.ts";
import { type Sandbox, startSandbox } from "../../chroot/sandbox.ts";
import type { DebugLog } from "../../common/log.ts";
import { findBtrfsRoot } from "../../host/btrfs.ts";
import { findRoot, type RootPart } from "../../host/find-root.ts";
import { type LoopFile, openLoopFile } from "../../host/loop-file.ts";
import { mountImageFstab } from "../../host/mount-image-fstab.ts";
import { readVolumeLayout, type VolumeLayout } from "../../host/probe-filesystem.ts";
import { isPlainQcow2 } from "../../host/qcow2-header.ts";
import { withReadOnlyMount } from "../../host/read-only-mount.ts";
import { type CommandRunner, hostRunner } from "../../host/run-command.ts";
import type { MountedImage, WithImage } from "./mounted-image.ts";

interface DiskImageOptions {
  readonly log: DebugLog;
  readonly onWarning: (message: string) => void;
}

/**
 * A disk in a file, raw or qcow2. It is mounted read-only and in a namespace of its own, which ends with us however we end, and
 * its journal is not replayed.
 */
export function diskImage(path: string, { log, onWarning }: DiskImageOptions): WithImage {
  return async (look) => {
    await using raw = await openRaw(resolve(path), hostRunner(log));
    await using sandbox = await startSandbox({ isolation: "private", log });
    const loop = await openLoopFile(sandbox, raw.path);
    try {
      await mountDisk(sandbox, loop, { name: basename(path), look, onWarning });
    } finally {
      await loop.letGo();
    }
  };
}

interface RawFile extends AsyncDisposable {
  readonly path: string;
}

/** The disk's own bytes: the file itself, or what a qcow2 file unpacks to. */
async function openRaw(path: string, runner: CommandRunner): Promise<RawFile> {
  if (!isPlainQcow2(path)) return { path, [Symbol.asyncDispose]: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), "outscale-chroot-disk-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const raw = join(folder, "disk.raw");
    await runner.run(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", path, raw]);
    return { path: raw, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

interface MountDiskInput {
  readonly name: string;
  readonly look: (image: MountedImage) => Promise<void>;
  readonly onWarning: (message: string) => void;
}

async function mountDisk(sandbox: Sandbox, loop: LoopFile, input: MountDiskInput): Promise<void> {
  const { view } = sandbox;
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
