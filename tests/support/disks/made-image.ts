import { join } from "node:path";
import type { OmiArtifact } from "../../../src/builder/artifact.ts";
import { assertDeviceNotInUse } from "../../../src/host/device-in-use.ts";
import { readVolumeLayout } from "../../../src/host/probe-filesystem.ts";
import { hostRunner } from "../../../src/host/run-command.ts";
import { importLocalImage } from "../../../src/local-cloud/administer-cloud.ts";
import type { Bakery } from "../bake/bake.ts";
import { makeFilesystem } from "./loop-disk.ts";
import type { Workbench } from "./workbench.ts";

/** One file system of a disk that a test makes. */
export interface MadePart {
  /** Partition number; 0 is the whole disk. */
  readonly number: number;
  readonly type: string;
  readonly mkfsOptions?: readonly string[];
  /** Fills it, mounted. */
  readonly fill?: (folder: string) => Promise<unknown>;
}

export interface MadeDisk {
  readonly sizeMib: number;
  /** For sfdisk; no table when absent. */
  readonly table?: string;
  readonly parts: readonly MadePart[];
}

/** Makes a disk with real file systems. @returns its device, which the workbench detaches in the end */
export async function makeDisk(bench: Workbench, { sizeMib, table, parts }: MadeDisk): Promise<string> {
  const device = await bench.addDisk(sizeMib, table);
  await readVolumeLayout(hostRunner(), device);
  for (const { number, type, mkfsOptions = [], fill } of parts) {
    const path = partPath(device, number);
    await makeFilesystem(type, path, ...mkfsOptions);
    if (!fill) continue;
    const folder = await bench.mount(path);
    await fill(folder);
    await bench.unmount(folder);
  }
  return device;
}

/** Registers what is on a disk of the workbench as an OMI of the builder's account. @returns its id */
export async function importDisk(bakery: Bakery, bench: Workbench, device: string, name: string): Promise<string> {
  // What was unmounted is written out when the last mount namespace lets go of it, and any may have been made meanwhile.
  await assertDeviceNotInUse(device, { deadlineMs: 60_000 });
  await hostRunner().run(["blockdev", "--flushbufs", device]);
  const { ImageId } = await importLocalImage(join(bakery.folder, "cloud"), { name, disk: bench.fileOf(device) });
  return ImageId;
}

/** Lets a function look at the disk of an OMI that was built: a device with its partitions. What it mounts is unmounted. */
export async function inspectProduct(
  bakery: Bakery,
  bench: Workbench,
  artifact: OmiArtifact | undefined,
  look: (device: string) => Promise<unknown>,
): Promise<void> {
  const device = await bench.attach(await bakery.export(artifact?.product.imageId ?? ""));
  try {
    await readVolumeLayout(hostRunner(), device);
    await look(device);
  } finally {
    await bench.unmount(bench.folder);
    await bench.detach(device);
  }
}

function partPath(device: string, number: number): string {
  return number === 0 ? device : `${device}p${number}`;
}

/** Fails when a file system of a disk has an error, or a journal that the next mount would have to replay. */
export async function checkFilesystem(type: string, path: string): Promise<void> {
  const run = async (...argv: string[]) => (await hostRunner().run(argv)).stdout;
  if (type === "ext4") {
    await run("e2fsck", "-fn", path);
    if ((await run("dumpe2fs", "-h", path)).includes("needs_recovery"))
      throw new Error(`${path} has a journal to replay`);
  } else if (type === "xfs") {
    await run("xfs_repair", "-n", path);
    if (!(await run("xfs_logprint", "-t", path)).includes("<CLEAN>")) throw new Error(`${path} has a log to replay`);
  } else {
    await run("btrfs", "check", path);
    const log = /^log_root\s+(\d+)/m.exec(await run("btrfs", "inspect-internal", "dump-super", path))?.[1];
    if (log !== "0") throw new Error(`${path} has a log to replay`);
  }
}
