import { expect, test } from "vitest";
import type { RootPart } from "./find-root.ts";
import { parseFstab } from "./fstab.ts";
import { planImageMounts } from "./plan-image-mounts.ts";
import type { VolumeLayout, VolumePart } from "./probe-filesystem.ts";

const part = (number: number, type: string, label: string): VolumePart => ({
  number,
  path: `/dev/sda${number}`,
  partition: undefined,
  filesystem: { type, uuid: `uuid-${number}`, label },
});
const root: RootPart = {
  ...part(1, "btrfs", "root"),
  filesystem: { type: "btrfs", uuid: "uuid-1", label: "root" },
  foundBy: "type",
};
const layout: VolumeLayout = {
  device: "/dev/sda",
  sizeBytes: 0,
  table: undefined,
  parts: [
    root,
    part(2, "vfat", "ESP"),
    part(3, "xfs", "boot"),
    part(4, "ext4", "same"),
    part(5, "ext4", "same"),
    part(6, "swap", "s"),
  ],
};
const plan = (fstab: string) => {
  const tree = { readText: () => undefined, readdir: () => [], stat: () => undefined };
  const { mounts, warnings } = planImageMounts({ fstab: parseFstab(fstab), layout, root, tree });
  return {
    mounts: mounts.map(({ source, mountPoint, options }) => `${source} ${mountPoint} ${options.join(",")}`),
    warnings,
  };
};

test("planImageMounts() takes the volume's own file systems, outermost first", () => {
  const fstab = "LABEL=ESP /boot/efi/ vfat umask=0077,shortname=winnt 0 2\nUUID=uuid-3 /boot xfs defaults 0 0\n";
  expect(plan(fstab)).toEqual({
    mounts: ["/dev/sda3 /boot nouuid", "/dev/sda2 /boot/efi umask=0077,shortname=winnt"],
    warnings: [],
  });
});

test("planImageMounts() takes other subvolumes of the root, and not the root again", () => {
  const fstab =
    "UUID=uuid-1 / btrfs subvol=@ 0 0\nUUID=uuid-1 /home btrfs subvol=@home,compress=zstd:1 0 0\nUUID=uuid-1 /x btrfs defaults 0 0\n";
  expect(plan(fstab).mounts).toEqual(["/dev/sda1 /home subvol=@home,compress=zstd:1"]);
});

test.each([
  "tmpfs /tmp tmpfs defaults 0 0",
  "proc /proc proc defaults 0 0",
  "server:/export /srv nfs defaults 0 0",
  "UUID=uuid-6 none swap sw 0 0",
  "UUID=uuid-6 /x ext4 defaults 0 0",
  "UUID=uuid-3 /boot xfs noauto 0 0",
  "//server/share /srv cifs guest 0 0",
  "/srv /srv none bind 0 0",
])("planImageMounts() leaves %j alone, without a word", (line) => {
  expect(plan(`${line}\n`)).toEqual({ mounts: [], warnings: [] });
});

test.each([
  ["UUID=gone", "no partition of the volume has that name"],
  ["LABEL=same", "several partitions of the volume have that name"],
  ["/dev/disk/by-partlabel/opt\\x20part", "no partition of the volume has that name"],
  ["/dev/sdb1", "that is not a partition of the volume"],
  ["/dev/mapper/vg-data", "that is not a partition of the volume"],
  ["/var/images/data.img", "files are not mounted while building"],
  ["UUID=uuid-1", "that is the root itself"],
])("planImageMounts() warns of %j", (source, why) => {
  const warning = `The image's fstab mounts "${source}" on "/data", but ${why}; it is not mounted`;
  expect(plan(`${source} /data ext4 defaults 0 0\n`)).toEqual({ mounts: [], warnings: [warning] });
});

test("planImageMounts() leaves out what keeps a booted image from being written to, or run from", () => {
  const options = "ro,nosuid,nodev,noexec,noatime";
  expect(plan(`UUID=uuid-4 /tmp ext4 ${options} 0 0\n`).mounts).toEqual(["/dev/sda4 /tmp errors=remount-ro,noatime"]);
});

test("planImageMounts() mounts what the image mounts when it is first looked into", () => {
  const fstab = "UUID=uuid-2 /efi vfat noauto,x-systemd.automount,x-systemd.idle-timeout=2min 0 0\n";
  expect(plan(fstab)).toEqual({ mounts: ["/dev/sda2 /efi "], warnings: [] });
});

test.each([
  { what: "a bind", fstab: "/data /srv none bind 0 0\n", mounts: ["/data /srv bind"] },
  { what: "one of all that lies below", fstab: "/data/ /srv/ none rbind,ro 0 0\n", mounts: ["/data /srv rbind"] },
  {
    what: "a bind of what another line mounts, whichever comes first",
    fstab: "/data/www /srv none bind 0 0\nUUID=uuid-4 /data ext4 defaults 0 0\n",
    mounts: ["/dev/sda4 /data errors=remount-ro", "/data/www /srv bind"],
  },
  {
    what: "a mount in what is bound",
    fstab: "UUID=uuid-4 /srv/www ext4 defaults 0 0\n/data /srv none bind 0 0\n",
    mounts: ["/data /srv bind", "/dev/sda4 /srv/www errors=remount-ro"],
  },
  {
    what: "a chain of binds",
    fstab: "/b /c none bind 0 0\n/a /b none bind 0 0\nUUID=uuid-4 /a ext4 defaults 0 0\n",
    mounts: ["/dev/sda4 /a errors=remount-ro", "/a /b bind", "/b /c bind"],
  },
  {
    what: "a circle of binds, as it stands",
    fstab: "/a /b none bind 0 0\n/b /a none bind 0 0\n",
    mounts: ["/a /b bind", "/b /a bind"],
  },
])("planImageMounts() mounts $what", ({ fstab, mounts }) => expect(plan(fstab)).toEqual({ mounts, warnings: [] }));

test("planImageMounts() does not bind a folder into itself", () => {
  const { mounts, warnings } = plan("/ /srv/all none bind 0 0\n/data /data/copy none bind 0 0\n");
  expect(mounts).toEqual([]);
  expect(warnings).toEqual([
    expect.stringContaining("a folder in itself"),
    expect.stringContaining("a folder in itself"),
  ]);
});

test("planImageMounts() keeps only options that cannot do more than show files", () => {
  const options =
    "rw,remount,loop,offset=512,helper=evil,x-mount.mkdir,X-mount.owner=0,user,noatime,umask=x,context=system_u";
  expect(plan(`UUID=uuid-4 /data ext4 ${options} 0 0\n`).mounts).toEqual([
    "/dev/sda4 /data errors=remount-ro,rw,noatime",
  ]);
});

test("planImageMounts() lets the last line for a mount point win, as mount --all stacks it on top", () => {
  expect(plan("UUID=uuid-4 /data ext4 defaults 0 0\nUUID=uuid-5 /data/../data ext4 noatime 0 0\n").mounts).toEqual([
    "/dev/sda5 /data errors=remount-ro,noatime",
  ]);
});

test("planImageMounts() refuses an fstab that is out of all proportion", () => {
  const lines = Array.from({ length: 1001 }, (_, index) => `UUID=uuid-3 /x/${index} xfs defaults 0 0\n`);
  expect(() => plan(lines.join(""))).toThrow("The image's fstab has 1001 lines that mount");
  expect(plan(lines.slice(1).join("")).mounts.length).toBe(1000);
});
