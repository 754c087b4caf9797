import { describe, expect, it } from "vitest";
import { checkImage } from "./check-image.ts";
import { checkDeviceReference } from "./device-reference.ts";
import { describeFinding } from "./finding.ts";
import type { ImageFiles } from "./image-files.ts";
import type { ImagePart } from "./image-part.ts";

const ROOT_UUID = "459b2963-04e0-4a25-b503-a9cb0365bada";
const PARTUUID = "0d5f1b5e-3b0e-4c54-9a5f-6a1e4f1d2c01";
const parts: ImagePart[] = [
  {
    ...{ number: 1, path: "/dev/loop0p1", filesystem: undefined },
    partition: {
      uuid: "aaaaaaaa-3b0e-4c54-9a5f-6a1e4f1d2c01",
      name: "bios",
      type: "21686148-6449-6e6f-744e-656564454649",
    },
  },
  {
    ...{ number: 2, path: "/dev/loop0p2" },
    partition: { uuid: PARTUUID, name: "root", type: "4f68bce3-e8cd-4db1-96e7-fbcaf984b709" },
    filesystem: { type: "ext4", uuid: ROOT_UUID, label: "my root" },
  },
  {
    ...{ number: 3, path: "/dev/loop0p3" },
    partition: {
      uuid: "bbbbbbbb-3b0e-4c54-9a5f-6a1e4f1d2c01",
      name: "esp",
      type: "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
    },
    filesystem: { type: "vfat", uuid: "1B2C-3D4E", label: "" },
  },
];
const devices = { parts, builderDevices: ["/dev/xvdf", "/run/outscale-chroot/1/xvdf"] };

const GRUB = `
search --no-floppy --fs-uuid --set=root ${ROOT_UUID}
set timeout=1
menuentry 'Debian GNU/Linux' --class debian {
	search --no-floppy --fs-uuid --set=root --hint-bios=hd0,gpt2 ${ROOT_UUID}
	linux	/boot/vmlinuz-6.1.0 root=UUID=${ROOT_UUID} ro console=ttyS0
	initrd	/boot/initrd.img-6.1.0
}
menuentry 'Recovery' {
	linux	/boot/vmlinuz-6.1.0 root=UUID=${ROOT_UUID} ro single
	initrd	$intel /boot/initrd.img-6.1.0
}
`;

/** A Debian image in good order; undefined removes a file. */
function imageWith(changes: Readonly<Record<string, string | undefined>> = {}): ImageFiles {
  const all: Record<string, string | undefined> = {
    "/etc/os-release": "ID=debian\n",
    "/etc/fstab": `# <source> <target>\nUUID=${ROOT_UUID} / ext4 errors=remount-ro 0 1\ntmpfs /tmp tmpfs defaults 0 0\n`,
    "/boot/vmlinuz-6.1.0": "kernel",
    "/boot/initrd.img-6.1.0": "initrd",
    "/boot/grub/grub.cfg": GRUB,
    ...changes,
  };
  const files = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const below = (folder: string) => files.filter(([path]) => path.startsWith(`${folder}/`));
  return {
    readText: (path) => all[path],
    readdir: (folder) => [...new Set(below(folder).map(([path]) => path.slice(folder.length + 1).split("/")[0] ?? ""))],
    exists: (path) => all[path] !== undefined || below(path).length > 0,
  };
}

const check = (changes?: Readonly<Record<string, string | undefined>>) =>
  checkImage({ files: imageWith(changes), ...devices }).map(
    (finding) => `${finding.severity} ${describeFinding(finding)}`,
  );

describe("checkImage()", () => {
  it("has nothing to say of an image in good order", () => expect(check()).toEqual([]));

  it("finds a root that is the builder's device, once", () => {
    const grub = GRUB.replaceAll(`root=UUID=${ROOT_UUID}`, "root=/dev/loop0p1");
    expect(check({ "/boot/grub/grub.cfg": grub })).toEqual([
      "error /boot/grub/grub.cfg:6: root=/dev/loop0p1 is a device of the builder (use UUID=... of the file system)",
    ]);
  });

  it("finds a file system that is not in the image", () => {
    const gone = "11111111-04e0-4a25-b503-a9cb0365bada";
    const findings = check({ "/boot/grub/grub.cfg": GRUB.replaceAll(ROOT_UUID, gone) });
    const have = `(the image has ${ROOT_UUID}, 1B2C-3D4E)`;
    expect(findings).toEqual([
      `error /boot/grub/grub.cfg:2: UUID=${gone} is not in the image ${have}`,
      `error /boot/grub/grub.cfg:6: root=UUID=${gone} is not in the image ${have}`,
    ]);
  });

  it.each([
    [
      { "/boot/initrd.img-6.1.0": undefined },
      ["warning /boot: the image has no initrd", "error /boot/grub/grub.cfg:7: the initrd"],
    ],
    [
      { "/boot/vmlinuz-6.1.0": undefined },
      ["error /boot: the image has no kernel", "error /boot/grub/grub.cfg:6: the kernel"],
    ],
    [{ "/boot/grub/grub.cfg": undefined }, ["error /boot: no configuration of a boot loader was found"]],
    [{ "/boot/grub/grub.cfg": "set timeout=1\n" }, ["error /boot: no configuration of a boot loader was found"]],
    [{ "/etc/os-release": undefined }, ["warning /etc/os-release: the image does not say which system it is"]],
    [{ "/etc/fstab": undefined }, []],
    [{ "/etc/fstab": "LABEL=my\\040root / ext4 defaults 0 1\n/dev/disk/by-label/my\\x20root /x ext4 ro 0 1\n" }, []],
  ])("%j", (changes, expected) => {
    const findings = check(changes);
    expect(findings).toHaveLength(expected.length);
    for (const [index, start] of expected.entries()) expect(findings[index]).toContain(start);
  });

  it.each([
    [`UUID=22222222-04e0-4a25-b503-a9cb0365bada /data ext4 defaults 0 2`, "error /etc/fstab:1: UUID=2222"],
    [`UUID=22222222-04e0-4a25-b503-a9cb0365bada /data ext4 defaults,nofail 0 2`, "warning /etc/fstab:1: UUID=2222"],
    [`UUID=22222222-04e0-4a25-b503-a9cb0365bada none swap sw 0 0`, "warning /etc/fstab:1: UUID=2222"],
    ["LABEL=your\\040root / ext4 defaults 0 1", "error /etc/fstab:1: LABEL=your root is not in the image"],
    ["/dev/xvdf2 / ext4 defaults 0 1", "error /etc/fstab:1: /dev/xvdf2 is a device of the builder"],
    ["/dev/sda2 / ext4 defaults 0 1", "warning /etc/fstab:1: /dev/sda2 depends on the order"],
  ])("fstab: %s", (line, expected) => {
    const findings = check({ "/etc/fstab": `${line}\n` });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toContain(expected);
  });

  it("knows the other boot loaders, wherever /boot and the ESP are mounted", () => {
    const bad = "root=/dev/nbd0p1";
    const entry = `title Fedora\nlinux /vmlinuz-6.1.0\ninitrd /gone.img\noptions ${bad} ro\n`;
    const findings = check({
      "/boot/grub/grub.cfg": undefined,
      "/boot/loader/entries/fedora.conf": entry,
      "/boot/extlinux/extlinux.conf": `LABEL l\n  KERNEL ../../boot/nothing\n  APPEND initrd=/initrd.img-6.1.0 ${bad}\n`,
      "/boot/efi/EFI/debian/grub.cfg": "search.fs_uuid 1b2c-3d4e root hd0,gpt3\nset prefix=($root)'/grub'\n",
      "/boot/grub2/grubenv": `# GRUB Environment Block\nkernelopts=${bad} ro\n`,
      "/etc/kernel/cmdline": `${bad} quiet\n`,
    });
    expect(findings.map((finding) => finding.replace(/ \(.*/, ""))).toEqual([
      "error /boot/loader/entries/fedora.conf:3: the initrd /gone.img is not in the image",
      "error /boot/loader/entries/fedora.conf:4: root=/dev/nbd0p1 is a device of the builder",
      "error /boot/extlinux/extlinux.conf:2: the kernel /boot/extlinux/../../boot/nothing is not in the image",
      "error /boot/extlinux/extlinux.conf:3: root=/dev/nbd0p1 is a device of the builder",
      "error /boot/grub2/grubenv:2: root=/dev/nbd0p1 is a device of the builder",
      "error /etc/kernel/cmdline:1: root=/dev/nbd0p1 is a device of the builder",
    ]);
  });

  it("takes a kernel with its initrd in one file on the ESP for both", () => {
    const changes = { "/boot/vmlinuz-6.1.0": undefined, "/boot/initrd.img-6.1.0": undefined };
    const unified = {
      "/boot/efi/EFI/Linux/debian.efi": "x",
      "/boot/loader/entries/a.conf": "efi /EFI/Linux/debian.efi\n",
    };
    expect(check({ ...changes, ...unified, "/boot/grub/grub.cfg": undefined })).toEqual([]);
  });
});

describe("checkDeviceReference()", () => {
  it.each([
    `UUID=${ROOT_UUID}`,
    `UUID="${ROOT_UUID.toUpperCase()}"`,
    "UUID=1b2c-3d4e",
    "LABEL=my root",
    `PARTUUID=${PARTUUID}`,
    "PARTLABEL=root",
    `/dev/disk/by-uuid/${ROOT_UUID}`,
    "/dev/disk/by-label/my\\x20root",
    "/dev/mapper/vg-root",
    "tmpfs",
    "server:/export",
    "/swapfile",
  ])("accepts %s", (reference) => expect(checkDeviceReference(reference, devices)).toBeUndefined());

  it.each([
    ["LABEL=My root", "error"],
    ["LABEL=", "error"],
    ["PARTUUID=cccccccc-01", "error"],
    ["PARTLABEL=boot", "error"],
    ["/dev/disk/by-partuuid/none", "error"],
    ["/dev/loop3", "error"],
    ["/dev/mapper/loop0p1", "error"],
    ["/dev/xvdf", "error"],
    ["/run/outscale-chroot/1/xvdf1", "error"],
    ["/dev/xvdg1", "warning"],
    ["/dev/nvme0n1p1", "warning"],
    ["/dev/vda1", "warning"],
  ])("%s: %s", (reference, severity) => expect(checkDeviceReference(reference, devices)?.severity).toBe(severity));
});
