import { checkBootLoader } from "./check-boot-loader.ts";
import { checkFstab } from "./check-fstab.ts";
import type { ImageDevices } from "./device-reference.ts";
import type { Finding } from "./finding.ts";
import { type ImageFiles, listNames } from "./image-files.ts";

export interface CheckImageInput extends ImageDevices {
  readonly files: ImageFiles;
}

/**
 * Looks at the mounted image (with its /boot and ESP, where it has them) for what keeps it from booting: no kernel or
 * initrd, an fstab or boot loader that refers to what the image does not have, or to a device of the builder.
 */
export function checkImage({ files, ...devices }: CheckImageInput): readonly Finding[] {
  return [
    ...checkOsRelease(files),
    ...checkKernel(files),
    ...checkBootLoader(files, devices),
    ...checkFstab(files.readText("/etc/fstab") ?? "", devices),
  ];
}

function checkOsRelease(files: ImageFiles): Finding[] {
  if (files.exists("/etc/os-release") || files.exists("/usr/lib/os-release")) return [];
  return [{ severity: "warning", what: "the image does not say which system it is", where: "/etc/os-release" }];
}

const KERNEL_NAME = /^(vmlinuz|vmlinux|bzImage|Image|kernel)\b/;
const INITRD_NAME = /^(initrd|initramfs)\b/;
const UNIFIED_FOLDERS = ["/boot/efi/EFI/Linux", "/efi/EFI/Linux", "/boot/EFI/Linux"];

/** A kernel in /boot, beside its modules (Fedora), or in one file with its initrd on the ESP. */
function checkKernel(files: ImageFiles): Finding[] {
  if (UNIFIED_FOLDERS.some((folder) => listNames(files, folder).some((name) => name.endsWith(".efi")))) return [];
  // A link into nowhere is no kernel.
  const boot = listNames(files, "/boot").filter((name) => files.exists(`/boot/${name}`));
  const modules = listNames(files, "/usr/lib/modules");
  const hasKernel =
    boot.some((name) => KERNEL_NAME.test(name)) ||
    modules.some((version) => files.exists(`/usr/lib/modules/${version}/vmlinuz`));
  if (!hasKernel) {
    const hint = "install a kernel package, such as linux-image-cloud-amd64";
    return [{ severity: "error", what: "the image has no kernel", where: "/boot", hint }];
  }
  if (boot.some((name) => INITRD_NAME.test(name))) return [];
  const hint = "without one the kernel itself needs the drivers of disk and file system";
  return [{ severity: "warning", what: "the image has no initrd", where: "/boot", hint }];
}
