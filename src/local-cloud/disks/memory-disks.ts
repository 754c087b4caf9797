import { truncate, writeFile } from "node:fs/promises";
import type { Disks, HostDevice, LeftDisks, LinkedDisk } from "./disks.ts";
import { BYTES_PER_GIB } from "./disks.ts";
import { emptyQcow2 } from "./empty-qcow2.ts";
import type { DiskFormat } from "./qcow2.ts";

/** What a memory disk holds: a text that copies carry along, and its size. */
export interface MemoryDisk {
  readonly contents: string;
  readonly sizeGib: number;
}

/** Disks without block devices: tests of states and rules need no root. They live as long as the process. */
export class MemoryDisks implements Disks {
  readonly disks = new Map<string, MemoryDisk>();
  /** Ids of disks that a test declares to be in use on the host. */
  readonly used = new Set<string>();
  readonly #attached = new Map<string, string>();

  async create(id: string, sizeGib: number): Promise<void> {
    this.disks.set(id, { contents: "", sizeGib });
  }

  async make(id: string): Promise<void> {
    this.disks.set(id, { contents: `made as ${id}`, sizeGib: 1 });
  }

  async copy(fromId: string, id: string, sizeGib: number): Promise<void> {
    const source = this.#get(fromId);
    this.disks.set(id, { contents: source.contents, sizeGib: Math.max(sizeGib, source.sizeGib) });
  }

  async share(fromId: string, id: string): Promise<void> {
    this.disks.set(id, this.#get(fromId));
  }

  /** Zeroes: there is nothing else on a disk of these. */
  async save(_id: string, file: string, { format, sizeGib }: { format: DiskFormat; sizeGib: number }): Promise<void> {
    if (format === "qcow2") return writeFile(file, emptyQcow2(sizeGib * BYTES_PER_GIB), { mode: 0o600 });
    await writeFile(file, "", { mode: 0o600 });
    await truncate(file, sizeGib * BYTES_PER_GIB);
  }

  async load(id: string, _file: string, { sizeGib }: { sizeGib: number }): Promise<void> {
    this.disks.set(id, { contents: `loaded as ${id}`, sizeGib });
  }

  async flush(): Promise<void> {}

  async grow(id: string, sizeGib: number): Promise<void> {
    this.disks.set(id, { ...this.#get(id), sizeGib });
  }

  async remove(id: string): Promise<void> {
    this.disks.delete(id);
  }

  has(id: string): boolean {
    return this.disks.has(id);
  }

  async attach({ id, slot }: LinkedDisk): Promise<void> {
    this.#get(id);
    this.#attached.set(id, slot);
  }

  async detach(id: string): Promise<void> {
    this.#attached.delete(id);
  }

  inUse(id: string): string | undefined {
    return this.used.has(id) ? `${id} is declared in use` : undefined;
  }

  async attachDecoy(id: string): Promise<void> {
    this.#attached.set(id, "");
  }

  /** What the disks held went with the process that had them in memory: they are there again, and empty. */
  async recover({ linked, known }: LeftDisks): Promise<readonly string[]> {
    this.#attached.clear();
    for (const id of known) this.disks.set(id, { contents: "", sizeGib: 1 });
    for (const disk of linked) await this.attach(disk);
    return [];
  }

  async prepare(): Promise<void> {}

  path(): undefined {
    return undefined;
  }

  devices(): readonly HostDevice[] {
    return [...this.#attached].map(([id, slot]) => ({ id, slot, device: `memory:${id}` }));
  }

  #get(id: string): MemoryDisk {
    const disk = this.disks.get(id);
    if (!disk) throw new Error(`There is no disk ${id}`);
    return disk;
  }
}
