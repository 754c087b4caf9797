import { createHmac } from "node:crypto";
import type { RootPart } from "./find-root.ts";
import { type FstabEntry, matchSource } from "./fstab.ts";
import type { ImageTree } from "./image-tree.ts";
import type { VolumeLayout, VolumePart } from "./probe-filesystem.ts";

/** Where systemd mounts a partition by its type alone. @see The Discoverable Partitions Specification */
const PLACES: Readonly<Record<string, string>> = {
  "bc13c2ff-59e6-4262-a352-b275fd6f7172": "/boot", // extended boot loader partition
  "933ac7e1-2eb4-4f13-b844-0e14e2aef915": "/home",
  "3b8f8425-20e0-4f3b-907f-1a25a76f98e8": "/srv",
  "4d21b016-b534-45c2-a9fb-5c16e091fd2d": "/var",
  "7ec6f557-3bc5-4aca-b293-16ef5df639d1": "/var/tmp",
  "8484680c-9521-48c6-9c11-b0720656f69e": "/usr", // x86-64
  "b0e01050-ee5f-4390-949a-9101b17104e9": "/usr", // arm64
};
const ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
const VAR = "4d21b016-b534-45c2-a9fb-5c16e091fd2d";

const GENERATORS = ["/usr/lib/systemd/system-generators", "/lib/systemd/system-generators"];

/** A partition that the booted image mounts though its fstab does not say so. */
export interface AutoMount {
  readonly part: VolumePart;
  readonly mountPoint: string;
}

export interface GptAutoInput {
  readonly layout: VolumeLayout;
  readonly root: RootPart;
  readonly tree: ImageTree;
  /** The image's fstab, whose lines come before the types. */
  readonly fstab: readonly FstabEntry[];
}

/**
 * What systemd-gpt-auto-generator mounts in the booted image: partitions of its root's disk, by their GPT types, where the
 * fstab says nothing of them or of their place, and only over empty folders. What nothing mounts, though its type says
 * where, is told.
 * @see systemd-gpt-auto-generator(8)
 */
export function findAutoMounts(input: GptAutoInput): {
  readonly mounts: readonly AutoMount[];
  readonly leftOut: readonly string[];
} {
  const { layout, root, tree, fstab } = input;
  const mounts: AutoMount[] = [];
  const leftOut: string[] = [];
  if (layout.table?.kind !== "gpt") return { mounts, leftOut };
  const named = new Set(fstab.flatMap(({ source }) => matchSource(source, layout.parts)));
  for (const part of layout.parts) {
    if (part.number === root.number || named.has(part) || !part.filesystem || part.partition?.isNoAuto) continue;
    const mountPoint = placeOf(part, layout, tree);
    if (mountPoint === undefined || fstab.some((entry) => entry.mountPoint === mountPoint)) continue;
    const why = reasonAgainst(part, mountPoint, { tree, taken: mounts });
    if (why === undefined) mounts.push({ part, mountPoint });
    else leftOut.push(`Partition ${part.number} ("${part.path}") has the type for ${mountPoint}, but ${why}`);
  }
  return { mounts, leftOut };
}

/** An EFI system partition goes to `/efi` where there is such a folder or another partition is for `/boot`. */
function placeOf({ partition }: VolumePart, { parts }: VolumeLayout, tree: ImageTree): string | undefined {
  const type = partition?.type ?? "";
  if (type !== ESP) return PLACES[type];
  const isBootTaken = parts.some((other) => PLACES[other.partition?.type ?? ""] === "/boot");
  return isBootTaken || tree.stat("/efi") !== undefined ? "/efi" : "/boot";
}

function reasonAgainst(
  part: VolumePart,
  mountPoint: string,
  { tree, taken }: { readonly tree: ImageTree; readonly taken: readonly AutoMount[] },
): string | undefined {
  const other = taken.find((mount) => mount.mountPoint === mountPoint)?.part;
  if (other) return `so has partition ${other.number}; it is not mounted`;
  if (!GENERATORS.some((folder) => tree.stat(`${folder}/systemd-gpt-auto-generator`))) {
    return "the image has neither a line in its fstab nor systemd-gpt-auto-generator for it; it is not mounted";
  }
  const folder = tree.stat(mountPoint);
  if (folder && (!folder.isDirectory() || tree.readdir(mountPoint).length > 0)) {
    return "systemd mounts nothing over what is there already; it is not mounted";
  }
  if (part.partition?.type === VAR && part.partition.uuid !== varUuid(tree)) {
    return "its UUID does not belong to the image's machine-id, so systemd does not take it; it is not mounted";
  }
  return undefined;
}

/** The UUID that a `/var` has to have so that it is taken for this installation's own. @see sd_id128_get_machine(3) */
function varUuid(tree: ImageTree): string | undefined {
  const machineId = tree.readText("/etc/machine-id")?.trim() ?? "";
  if (!/^[0-9a-f]{32}$/.test(machineId)) return undefined;
  const type = Buffer.from(VAR.replaceAll("-", ""), "hex");
  const id = createHmac("sha256", Buffer.from(machineId, "hex")).update(type).digest().subarray(0, 16);
  id[6] = ((id[6] ?? 0) & 0x0f) | 0x40;
  id[8] = ((id[8] ?? 0) & 0x3f) | 0x80;
  return id.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
