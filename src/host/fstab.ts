import { unescapeOctal } from "./mountinfo.ts";
import type { VolumePart } from "./probe-filesystem.ts";

/** One line of an image's `/etc/fstab`. */
export interface FstabEntry {
  /** `UUID=...`, `LABEL=...`, `/dev/vda2`, ... */
  readonly source: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** Parses an fstab; comments and lines that are not complete are left out. @see fstab(5) */
export function parseFstab(text: string): FstabEntry[] {
  return text.split("\n").flatMap((line) => {
    const [source, mountPoint, type, options] = line.trim().split(/\s+/).map(unescapeOctal);
    if (!source || source.startsWith("#") || !mountPoint || !type) return [];
    return [{ source, mountPoint, type, options: (options ?? "defaults").split(",") }];
  });
}

/**
 * The parts of a volume that an fstab source names. Nothing else of this machine is looked at, however it is named.
 * A kernel name counts for the first disk, which is the one that an image boots from.
 */
export function matchSource(source: string, parts: readonly VolumePart[]): VolumePart[] {
  const [, disk, number] = /^\/dev\/(?:(sda|vda|xvda|hda)|nvme0n1p|mmcblk0p)(\d+)?$/.exec(source) ?? [];
  if (disk || number) return parts.filter((part) => part.number === Number(number ?? 0));
  const { key, value } = splitSource(source);
  return parts.filter(({ filesystem, partition }) => {
    if (key === "UUID") return filesystem !== undefined && same(filesystem.uuid, value);
    if (key === "LABEL") return filesystem?.label === value;
    if (key === "PARTUUID") return partition !== undefined && same(partition.uuid, value);
    return key === "PARTLABEL" && partition?.name === value;
  });
}

/** `UUID="x"` and `/dev/disk/by-uuid/x` say the same. */
function splitSource(source: string): { readonly key: string; readonly value: string } {
  const byLink = /^\/dev\/disk\/by-(uuid|label|partuuid|partlabel)\/(.+)$/.exec(source);
  if (byLink?.[1] && byLink[2]) return { key: byLink[1].toUpperCase(), value: unescapeUdev(byLink[2]) };
  const at = source.indexOf("=");
  return { key: source.slice(0, Math.max(at, 0)), value: source.slice(at + 1).replace(/^"(.*)"$/, "$1") };
}

/** Identifiers are written in either case; an empty one matches nothing. */
function same(id: string, wanted: string): boolean {
  return id !== "" && id.toLowerCase() === wanted.toLowerCase();
}

/** In the names of its links udev writes a byte that it does not like as `\xNN`: a blank is `\x20`. */
export function unescapeUdev(name: string): string {
  return name.replace(/(\\x[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll("\\x", ""), "hex").toString());
}
