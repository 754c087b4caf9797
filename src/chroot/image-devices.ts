import { existsSync, readlinkSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { DeviceError } from "../common/errors.ts";
import { listFolder } from "../common/list-folder.ts";
import { kernelNameOf, listPartitionNames } from "../host/block-device.ts";
import type { VolumeLayout, VolumePart } from "../host/probe-filesystem.ts";
import type { DeviceLink, ImageDevices } from "./container-dev.ts";

/** What every program may expect. */
const NODES = ["null", "zero", "full", "random", "urandom", "tty"];
const LINKS: readonly DeviceLink[] = [
  { path: "fd", target: "/proc/self/fd" },
  { path: "stdin", target: "/proc/self/fd/0" },
  { path: "stdout", target: "/proc/self/fd/1" },
  { path: "stderr", target: "/proc/self/fd/2" },
];

export interface ImageDevicesInput {
  readonly layout: VolumeLayout;
  /** Paths below `/dev` that the template asks for. */
  readonly added: readonly string[];
}

/**
 * The image's own `/dev`: what every program expects, the volume with its partitions, and what the template asks for. Boot
 * loaders look up what they write down by the links of `/dev/disk`, which a machine without udev does not have itself.
 * @throws {DeviceError} when one that the template asks for is not there
 */
export async function imageDevices({ layout, added }: ImageDevicesInput): Promise<ImageDevices> {
  const disk = await kernelNameOf(layout.device);
  const volume = [disk, ...(await listPartitionNames(disk))];
  for (const path of added) requireDevice(path);
  const wanted = [...NODES, ...volume, ...added.map((path) => relative("/dev", path))];
  const nodes = [...new Set(wanted)].filter((path) => existsSync(join("/dev", path)));
  const links = [...LINKS, ...namedParts(layout.parts), ...hostLinks(new Set(nodes))];
  return { nodes, links: [...new Map(links.map((link) => [link.path, link])).values()] };
}

function requireDevice(path: string): void {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (entry?.isBlockDevice() || entry?.isCharacterDevice()) return;
  throw new DeviceError(`"${path}", which the image was to have, is no device of this machine`, {
    hint: "chroot_devices names device nodes one by one",
  });
}

/** The links by which udev names what a volume holds. */
export function namedParts(parts: readonly VolumePart[]): DeviceLink[] {
  return parts.flatMap(({ path, filesystem, partition }) => {
    const names = {
      "by-uuid": filesystem?.uuid,
      "by-label": filesystem?.label,
      "by-partuuid": partition?.uuid,
      "by-partlabel": partition?.name,
    };
    return Object.entries(names).flatMap(([folder, name]) =>
      name && isPlainName(name) ? { path: `disk/${folder}/${name}`, target: `../../${basename(path)}` } : [],
    );
  });
}

/** udev writes other characters in a way of its own; nobody looks such names up. */
function isPlainName(name: string): boolean {
  return /^[\w#+.:=@-]+$/.test(name) && !/^\.\.?$/.test(name);
}

/** Those of this machine's `/dev/disk` that lead to one of the nodes. */
function hostLinks(nodes: ReadonlySet<string>): DeviceLink[] {
  return listFolder("/dev/disk").flatMap((folder) =>
    listFolder(`/dev/disk/${folder}`).flatMap((name) => {
      const path = `disk/${folder}/${name}`;
      const target = readLink(join("/dev", path));
      return nodes.has(relative("/dev", join("/dev", dirname(path), target))) ? { path, target } : [];
    }),
  );
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
