import { existsSync } from "node:fs";
import { chmod, link, mkdir, open, readdir, rm, stat, truncate } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { messageOf } from "../../common/errors.ts";
import { publishFile, syncPath } from "../../common/whole-file.ts";
import type { CommandRunner } from "../../host/run-command.ts";
import { syncPartitions } from "../../host/sync-partitions.ts";
import type { HeldRun } from "../folder/held-runner.ts";
import { BYTES_PER_GIB, type Disks, type HostDevice, type LeftDisks, type LinkedDisk } from "./disks.ts";
import { clearDeviceLinks, linkDevice, makeDeviceFolder, unlinkDevice } from "./guest-names.ts";
import { attachLoopDevice, detachLoopDevice, deviceUse, type LoopDevice, loopDevicesOf } from "./loop-devices.ts";
import { type DiskFormat, formatOf } from "./qcow2.ts";

const DISK = ".raw";
const PARTIAL = ".part";

interface LoopDisksInput {
  readonly folder: string;
  /** For what must not go on after another server has taken the folder over. */
  readonly heldRun: HeldRun;
}

/** Disks that are sparse files in a folder, and loop devices while they are linked. Needs root. */
export class LoopDisks implements Disks {
  readonly #host: CommandRunner;
  readonly #heldRun: HeldRun;
  readonly #folder: string;
  readonly #places = new Map<string, LinkedDisk>();

  constructor(host: CommandRunner, { folder, heldRun }: LoopDisksInput) {
    this.#host = host;
    this.#heldRun = heldRun;
    this.#folder = folder;
  }

  async create(id: string, sizeGib: number): Promise<void> {
    await this.make(id, async (partial) => {
      const file = await open(partial, "w", 0o600);
      await file.truncate(sizeGib * BYTES_PER_GIB);
      await file.close();
    });
  }

  /** Fills a temporary file first: a kill leaves nothing, or the whole disk. */
  async make(id: string, fill: (partial: string) => Promise<void>): Promise<void> {
    if (this.has(id)) return;
    const partial = `${this.#path(id)}${PARTIAL}`;
    await rm(partial, { force: true });
    try {
      await fill(partial);
      await chmod(partial, 0o600);
      await publishFile(partial, this.#path(id));
    } finally {
      await rm(partial, { force: true });
    }
  }

  async copy(fromId: string, id: string, sizeGib: number): Promise<void> {
    await this.flush(fromId);
    await this.make(id, async (partial) => {
      await this.#host.run(["cp", "--sparse=always", "--reflink=auto", "--", this.#path(fromId), partial]);
      const { size } = await stat(partial);
      await truncate(partial, Math.max(size, sizeGib * BYTES_PER_GIB));
    });
  }

  async save(id: string, file: string, { format }: { format: DiskFormat }): Promise<void> {
    await this.#heldRun(["qemu-img", "convert", "-f", "raw", "-O", format, this.#path(id), file]);
  }

  async load(id: string, file: string, { sizeGib }: { sizeGib: number }): Promise<void> {
    const format = await formatOf(file);
    await this.make(id, async (partial) => {
      await this.#heldRun(["qemu-img", "convert", "-f", format, "-O", "raw", file, partial]);
      await truncate(partial, sizeGib * BYTES_PER_GIB);
    });
  }

  async flush(id: string): Promise<void> {
    for (const { device } of this.#devicesOf(id)) await syncPath(device);
  }

  async share(fromId: string, id: string): Promise<void> {
    if (this.has(id)) return;
    await link(this.#path(fromId), this.#path(id));
    await syncPath(this.#folder);
  }

  async grow(id: string, sizeGib: number): Promise<void> {
    await truncate(this.#path(id), sizeGib * BYTES_PER_GIB);
    for (const { device } of this.#devicesOf(id)) await this.#host.run(["losetup", "--set-capacity", device]);
  }

  async remove(id: string): Promise<void> {
    await rm(this.#path(id), { force: true });
    await syncPath(this.#folder);
  }

  has(id: string): boolean {
    return existsSync(this.#path(id));
  }

  async attach(disk: LinkedDisk): Promise<void> {
    const { id, slot, deviceFolder } = disk;
    const [attached] = this.#devicesOf(id);
    const device = attached?.device ?? (await attachLoopDevice(this.#heldRun, this.#path(id)));
    await syncPartitions(this.#host, device);
    this.#places.set(id, disk);
    await linkDevice(deviceFolder, slot, device);
  }

  async detach(id: string): Promise<void> {
    for (const loop of this.#devicesOf(id)) await this.#release(loop);
    this.#places.delete(id);
  }

  inUse(id: string): string | undefined {
    const uses = this.#devicesOf(id).flatMap(({ device }) => deviceUse(device) ?? []);
    return uses.length === 0 ? undefined : uses.join("; ");
  }

  async attachDecoy(id: string, sizeGib: number): Promise<void> {
    await this.create(id, sizeGib);
    await attachLoopDevice(this.#heldRun, this.#path(id));
  }

  async prepare(deviceFolders: readonly string[]): Promise<void> {
    for (const folder of deviceFolders) await makeDeviceFolder(folder);
  }

  async recover({ linked, known, deviceFolders }: LeftDisks): Promise<readonly string[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const folder of deviceFolders) await clearDeviceLinks(folder);
    const wanted = new Set(linked.map(({ id }) => id));
    for (const loop of loopDevicesOf(this.#folder)) {
      if (!wanted.has(diskId(loop.file))) await this.#release(loop);
    }
    for (const name of await readdir(this.#folder)) {
      if (name.endsWith(PARTIAL) || !known.has(diskId(name))) await rm(join(this.#folder, name), { recursive: true });
    }
    const problems: string[] = [];
    for (const disk of linked) {
      await this.attach(disk).catch((error) => problems.push(`${disk.id} could not be attached: ${messageOf(error)}`));
    }
    return problems;
  }

  devices(): readonly HostDevice[] {
    return loopDevicesOf(this.#folder).map(({ device, file }) => {
      const id = diskId(file);
      return { id, slot: this.#places.get(id)?.slot ?? "", device };
    });
  }

  path(id: string): string {
    return this.#path(id);
  }

  async #release(loop: LoopDevice): Promise<void> {
    try {
      const place = this.#places.get(diskId(loop.file));
      if (place) await unlinkDevice(place.deviceFolder, loop.device);
    } finally {
      await detachLoopDevice(this.#heldRun, loop);
    }
  }

  #devicesOf(id: string): LoopDevice[] {
    return loopDevicesOf(dirname(this.#path(id))).filter(({ file }) => diskId(file) === id);
  }

  #path(id: string): string {
    return join(this.#folder, `${id}${DISK}`);
  }
}

function diskId(file: string): string {
  return basename(file, DISK);
}
