import { unescapeUdev } from "../host/fstab.ts";
import type { ImagePart } from "./image-part.ts";

/** What is wrong with a reference to a device. */
export interface ReferenceProblem {
  readonly severity: "error" | "warning";
  readonly what: string;
  readonly hint: string;
}

export interface ImageDevices {
  readonly parts: readonly ImagePart[];
  /** The volume's paths on the builder, such as `/dev/xvdf`: none of them is there when the image boots. */
  readonly builderDevices: readonly string[];
}

const USE_UUID = "use UUID=... of the file system";
/** Devices that only a builder has. */
const BUILD_ONLY = /^\/dev\/(loop\d|nbd\d|mapper\/loop|ram\d)/;
/** Disks by the kernel's names, which go by the order in which it finds them. */
const KERNEL_DISK = /^\/dev\/(sd[a-z]|vd[a-z]|xvd[a-z]|hd[a-z]|nvme\d)/;

/**
 * Whether the image has the device that a text such as `UUID=1b2c-3d4e` or `/dev/sda1` refers to. Texts of other kinds
 * (`tmpfs`, `server:/path`, `/dev/mapper/root`) are no business of ours.
 */
export function checkDeviceReference(reference: string, devices: ImageDevices): ReferenceProblem | undefined {
  const text = reference.replace(/^"(.*)"$/, "$1");
  const [tag, value] = readTag(text);
  if (tag !== undefined) return checkTag(text, tag, value, devices.parts);
  if (BUILD_ONLY.test(text) || devices.builderDevices.some((device) => isPartOf(text, device))) {
    return { severity: "error", what: `${text} is a device of the builder`, hint: USE_UUID };
  }
  if (!KERNEL_DISK.test(text)) return undefined;
  const what = `${text} depends on the order in which the kernel finds disks`;
  return { severity: "warning", what, hint: USE_UUID };
}

function readTag(text: string): [tag: string | undefined, value: string] {
  const [, tag, value] = /^(UUID|LABEL|PARTUUID|PARTLABEL)=(.*)$/.exec(text) ?? [];
  if (tag !== undefined) return [tag, (value ?? "").replace(/^"(.*)"$/, "$1")];
  const [, kind, name] = /^\/dev\/disk\/by-(uuid|label|partuuid|partlabel)\/(.+)$/.exec(text) ?? [];
  return [kind?.toUpperCase(), unescapeUdev(name ?? "")];
}

function checkTag(text: string, tag: string, value: string, parts: readonly ImagePart[]): ReferenceProblem | undefined {
  const have = parts
    .map((part) => identityOf(part, tag))
    .filter((identity) => identity !== undefined && identity !== "");
  const isCaseless = tag.endsWith("UUID");
  const matches = (identity: string | undefined) =>
    isCaseless ? identity?.toLowerCase() === value.toLowerCase() : identity === value;
  if (have.some(matches)) return undefined;
  const hint = have.length > 0 ? `the image has ${have.join(", ")}` : `nothing in the image has a ${tag}`;
  return { severity: "error", what: `${text} is not in the image`, hint };
}

function identityOf({ filesystem, partition }: ImagePart, tag: string): string | undefined {
  if (tag === "UUID") return filesystem?.uuid;
  if (tag === "LABEL") return filesystem?.label;
  return tag === "PARTUUID" ? partition?.uuid : partition?.name;
}

function isPartOf(path: string, device: string): boolean {
  return path.startsWith(device) && /^(p?\d+)?$/.test(path.slice(device.length));
}
