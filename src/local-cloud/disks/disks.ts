import type { DiskFormat } from "./qcow2.ts";

/** A volume that is linked, and the slot it was asked for: `f` of `/dev/xvdf` and of `/dev/sdf`. */
export interface LinkedDisk {
  readonly id: string;
  readonly slot: string;
  /** What stands for `/dev` of its VM. */
  readonly deviceFolder: string;
}

/** What a former process has left. */
export interface LeftDisks {
  readonly linked: readonly LinkedDisk[];
  /** The ids of every disk that something names. */
  readonly known: ReadonlySet<string>;
  /** What stands for `/dev` of each VM. */
  readonly deviceFolders: readonly string[];
}

/** A disk as it is seen on the host. */
export interface HostDevice {
  readonly id: string;
  readonly slot: string;
  /** The kernel's own name for it, such as `/dev/loop3`. */
  readonly device: string;
}

/**
 * The contents of volumes and snapshots, by their ids, and the devices of linked volumes.
 *
 * Every method may be repeated after a crash: what is done already is not done twice, and a disk is there as a whole
 * or not at all.
 */
export interface Disks {
  /** A new disk of zeroes. */
  create(id: string, sizeGib: number): Promise<void>;
  /** A new disk that the caller writes, as a raw image, to the path it is given. */
  make(id: string, fill: (path: string) => Promise<void>): Promise<void>;
  /** A new disk with a copy of another's contents, grown to at least the given size. */
  copy(fromId: string, id: string, sizeGib: number): Promise<void>;
  /** A second name for the contents of a snapshot, which never change. Each name can be removed without the other. */
  share(fromId: string, id: string): Promise<void>;
  /** Writes the contents of a disk to a new file. */
  save(id: string, file: string, as: { readonly format: DiskFormat; readonly sizeGib: number }): Promise<void>;
  /** A new disk with what a file has, raw or qcow2. */
  load(id: string, file: string, as: { readonly sizeGib: number }): Promise<void>;
  /** Brings what was written to the device of a disk into its contents. */
  flush(id: string): Promise<void>;
  /** Grows a disk, linked or not. */
  grow(id: string, sizeGib: number): Promise<void>;
  /** Removes a disk; one that is absent is no error. */
  remove(id: string): Promise<void>;
  /** Whether a disk is there, whole. */
  has(id: string): boolean;
  /** Shows a disk on the host as a guest would see it. */
  attach(disk: LinkedDisk): Promise<void>;
  /** Takes the device of a disk away; its contents are complete on return. */
  detach(id: string): Promise<void>;
  /** Who uses the device of a disk on the host, in words; undefined when nobody does. */
  inUse(id: string): string | undefined;
  /** Another disk of the same size that appears on the host under no name of ours, until its id is detached. */
  attachDecoy(id: string, sizeGib: number): Promise<void>;
  /**
   * After a start: attaches what is linked, and takes away every device, link and half-made file that nothing names.
   * @returns what could not be attached, in words
   */
  recover(left: LeftDisks): Promise<readonly string[]>;
  /** Makes the folders in which devices of VMs will show up. */
  prepare(deviceFolders: readonly string[]): Promise<void>;
  /** The raw image of a disk, to read; undefined when it is not a file. */
  path(id: string): string | undefined;
  /** The disks that are attached now. */
  devices(): readonly HostDevice[];
}

export const BYTES_PER_GIB = 1024 ** 3;
