import { expect, test } from "vitest";
import { parseFstab } from "./fstab.ts";
import { findAutoMounts } from "./gpt-auto.ts";
import type { VolumePart } from "./probe-filesystem.ts";

const ROOT = "4f68bce3-e8cd-4db1-96e7-fbcaf984b709";
const XBOOTLDR = "bc13c2ff-59e6-4262-a352-b275fd6f7172";
const ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
const HOME = "933ac7e1-2eb4-4f13-b844-0e14e2aef915";
const SRV = "3b8f8425-20e0-4f3b-907f-1a25a76f98e8";
const VAR = "4d21b016-b534-45c2-a9fb-5c16e091fd2d";
const GENERATOR = "/usr/lib/systemd/system-generators/systemd-gpt-auto-generator";

const part = (number: number, type: string, filesystem = "ext4", more: object = {}): VolumePart => ({
  number,
  path: `/dev/sda${number}`,
  partition: { number, startBytes: 0, sizeBytes: 1, type, uuid: `part-${number}`, name: "", role: "primary", ...more },
  filesystem: filesystem === "" ? undefined : { type: filesystem, uuid: `uuid-${number}`, label: "" },
});

interface Image {
  readonly parts: readonly VolumePart[];
  readonly fstab?: string;
  /** Folders with what is in them, and files with their text. */
  readonly files?: Readonly<Record<string, readonly string[] | string>>;
  readonly kind?: "gpt" | "dos";
}

function find({ parts, fstab = "", files = { [GENERATOR]: "" }, kind = "gpt" }: Image) {
  const all = [part(1, ROOT), ...parts];
  const table = { kind, sectorBytes: 512, id: "", partitions: [], warnings: [] };
  const { mounts, leftOut } = findAutoMounts({
    layout: { device: "/dev/sda", sizeBytes: 0, table, parts: all },
    root: { ...part(1, ROOT), filesystem: { type: "ext4", uuid: "uuid-1", label: "" }, foundBy: "type" },
    fstab: parseFstab(fstab),
    tree: {
      readText: (path) => (typeof files[path] === "string" ? files[path] : undefined),
      readdir: (path) => [...(files[path] ?? [])],
      stat: (path) => (files[path] === undefined ? undefined : { isDirectory: () => typeof files[path] !== "string" }),
    },
  });
  return { mounts: mounts.map((mount) => `${mount.part.number} ${mount.mountPoint}`), leftOut };
}

test("findAutoMounts() takes partitions by their types", () => {
  const parts = [part(2, XBOOTLDR), part(3, ESP, "vfat"), part(4, HOME), part(5, SRV, "xfs"), part(6, "other")];
  expect(find({ parts })).toEqual({ mounts: ["2 /boot", "3 /efi", "4 /home", "5 /srv"], leftOut: [] });
});

test("findAutoMounts() takes the /var of this installation, by what systemd-id128 makes of its machine-id", () => {
  const own = { uuid: "c0c46eff-e386-4746-a2bd-0962cd326ea2" };
  const files = { [GENERATOR]: "", "/etc/machine-id": "0123456789abcdef0123456789abcdef\n" };
  expect(find({ parts: [part(4, VAR, "ext4", own)], files })).toEqual({ mounts: ["4 /var"], leftOut: [] });
});

test("findAutoMounts() puts the EFI system partition on /boot, unless /efi is there or /boot another's", () => {
  expect(find({ parts: [part(3, ESP, "vfat")] }).mounts).toEqual(["3 /boot"]);
  const files = { [GENERATOR]: "", "/efi": [] };
  expect(find({ parts: [part(3, ESP, "vfat")], files }).mounts).toEqual(["3 /efi"]);
});

test.each([
  {
    what: "partitions that the fstab names",
    image: { parts: [part(4, HOME)], fstab: "UUID=uuid-4 /data ext4 noauto 0 0" },
  },
  { what: "places that the fstab names", image: { parts: [part(4, HOME)], fstab: "tmpfs /home tmpfs defaults 0 0" } },
  {
    what: "partitions that are not to be mounted by type",
    image: { parts: [part(4, HOME, "ext4", { isNoAuto: true })] },
  },
  { what: "partitions without a file system", image: { parts: [part(4, HOME, "")] } },
  { what: "an MBR", image: { parts: [part(4, HOME)], kind: "dos" } },
] satisfies { what: string; image: Image }[])("findAutoMounts() says nothing of $what", ({ image }) => {
  expect(find(image)).toEqual({ mounts: [], leftOut: [] });
});

test.each([
  {
    what: "nothing in the image mounts",
    image: { parts: [part(4, HOME)], files: {} },
    why: /^Partition 4 \("\/dev\/sda4"\) has the type for \/home, but .* neither .*fstab nor systemd-gpt-auto-generator/,
  },
  {
    what: "would hide files",
    image: { parts: [part(2, XBOOTLDR)], files: { [GENERATOR]: "", "/boot": ["vmlinuz"] } },
    why: /type for \/boot, but systemd mounts nothing over what is there already/,
  },
  {
    what: "is the second of its kind",
    image: { parts: [part(4, HOME), part(5, HOME)] },
    why: /^Partition 5 .* type for \/home, but so has partition 4/,
  },
  {
    what: "is the /var of another installation",
    image: {
      parts: [part(4, VAR)],
      files: { [GENERATOR]: "", "/etc/machine-id": "0123456789abcdef0123456789abcdef\n" },
    },
    why: /type for \/var, but its UUID does not belong to the image's machine-id/,
  },
] satisfies { what: string; image: Image; why: RegExp }[])("findAutoMounts() tells what $what", ({ image, why }) => {
  expect(find(image).leftOut).toEqual([expect.stringMatching(why)]);
});
