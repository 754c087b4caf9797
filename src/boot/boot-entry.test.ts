import { describe, expect, it } from "vitest";
import { BootCheckError } from "./boot-check-error.ts";
import { findBootEntry } from "./boot-entry.ts";
import type { ImageFiles } from "./image-files.ts";
import { commandLineOf } from "./run-in-guest.ts";

/** An image of these files; a folder is there when something is in it. */
function imageOf(texts: Readonly<Record<string, string>>): ImageFiles {
  const paths = Object.keys(texts);
  return {
    readText: (path) => texts[path],
    readdir: (path) => [
      ...new Set(
        paths.flatMap((each) => (each.startsWith(`${path}/`) ? (each.slice(path.length + 1).split("/")[0] ?? []) : [])),
      ),
    ],
    exists: (path) => paths.some((each) => each === path || each.startsWith(`${path}/`)),
  };
}

const kernels = { "/boot/vmlinuz-6.1.0-9": "", "/boot/vmlinuz-6.1.0-10": "", "/boot/initrd.img-6.1.0-10": "" };

describe("findBootEntry()", () => {
  it.each([
    [
      "GRUB's first entry",
      {
        ...kernels,
        "/boot/grub/grub.cfg": `
menuentry 'Debian' {
	search --no-floppy --fs-uuid --set=root 1234
	linux	/boot/vmlinuz-6.1.0-10 root=UUID=1234 ro "console=ttyS0,115200" $extra
	initrd	/boot/initrd.img-6.1.0-10
}
menuentry 'old' {
	linux /boot/vmlinuz-6.1.0-9 root=/dev/sda1
}`,
      },
      ["/boot/vmlinuz-6.1.0-10", ["/boot/initrd.img-6.1.0-10"], ["root=UUID=1234", "ro", "console=ttyS0,115200"]],
    ],
    [
      "GRUB's on a file system of its own, without an initrd",
      {
        ...kernels,
        "/boot/grub2/grub.cfg":
          "menuentry x {\nlinux (hd0,gpt1)/vmlinuz-6.1.0-9 root=LABEL=root\n}\nlinux /b\ninitrd /c",
      },
      ["/boot/vmlinuz-6.1.0-9", [], ["root=LABEL=root"]],
    ],
    [
      "the newest of the Boot Loader Specification, with Fedora's options",
      {
        ...kernels,
        "/boot/grub2/grubenv": "# GRUB Environment Block\nkernelopts=root=UUID=5678 ro \n",
        "/boot/loader/entries/a-6.1.0-9.conf": "linux /vmlinuz-6.1.0-9\noptions root=UUID=old",
        "/boot/loader/entries/a-6.1.0-10.conf":
          "title x\nlinux /vmlinuz-6.1.0-10\ninitrd /initrd.img-6.1.0-10 $tuned_initrd\noptions $kernelopts quiet",
      },
      ["/boot/vmlinuz-6.1.0-10", ["/boot/initrd.img-6.1.0-10"], ["root=UUID=5678", "ro", "quiet"]],
    ],
    [
      "extlinux's",
      {
        ...kernels,
        "/boot/extlinux/extlinux.conf":
          "DEFAULT a\nLABEL a\n  LINUX ../vmlinuz-6.1.0-10\n  APPEND root=LABEL=r initrd=/boot/initrd.img-6.1.0-10 rw\n",
        "/boot/extlinux/../vmlinuz-6.1.0-10": "",
      },
      ["/boot/extlinux/../vmlinuz-6.1.0-10", ["/boot/initrd.img-6.1.0-10"], ["root=LABEL=r", "rw"]],
    ],
    [
      "the newest kernel without any",
      { ...kernels, "/etc/kernel/cmdline": "root=LABEL=r ro\n" },
      ["/boot/vmlinuz-6.1.0-10", ["/boot/initrd.img-6.1.0-10"], ["root=LABEL=r", "ro"]],
    ],
  ])("gives %s", (_what, files, [kernel, initrds, options]) => {
    expect(findBootEntry(imageOf(files as Record<string, string>))).toEqual({ kernel, initrds, options });
  });

  it.each([
    ["no kernel", { "/boot/efi/EFI/Linux/a.efi": "" }, "has no kernel that can be started"],
    ["no such kernel", { "/boot/grub/grub.cfg": "linux /boot/vmlinuz root=x" }, "The kernel /boot/vmlinuz, which"],
    [
      "no such initrd",
      { ...kernels, "/boot/grub/grub.cfg": "linux /boot/vmlinuz-6.1.0-9 root=x\ninitrd /boot/gone" },
      "The initrd /boot/gone, which the boot loader starts, is not in the image",
    ],
  ])("refuses an image with %s", (_what, files, words) => {
    expect(() => findBootEntry(imageOf(files))).toThrow(BootCheckError);
    expect(() => findBootEntry(imageOf(files))).toThrow(words);
  });
});

describe("commandLineOf()", () => {
  it("keeps the loader's options, but for another target, and adds a console where there is none", () => {
    const line = commandLineOf(["root=UUID=1", "ro", "quiet", "systemd.unit=rescue.target", "single", "console=tty0"]);
    expect(line).toMatch(/^root=UUID=1 ro quiet console=tty0 console=ttyS0 systemd\.mask=/);
    expect(line).toMatch(/ systemd\.run="\/bin\/sh -c '[^'"$]*'"$/);
    expect(commandLineOf(["console=ttyS0,115200"]).match(/console=/g)).toHaveLength(1);
  });
});
