import { type ImageFiles, listNames } from "./image-files.ts";

/** Where an EFI system partition is mounted. */
const ESP_FOLDERS = ["/boot/efi", "/efi", "/boot"];
/** A path of a boot loader starts at the root of a file system that may be mounted at any of these. */
export const BOOT_ROOTS = ["", "/boot", "/boot/efi", "/efi"];

export const EXTLINUX_CONFIGS = [
  "/boot/extlinux/extlinux.conf",
  "/boot/extlinux.conf",
  "/extlinux.conf",
  "/boot/syslinux/syslinux.cfg",
  "/syslinux.cfg",
];

export function grubConfigs(files: ImageFiles): string[] {
  const vendors = ESP_FOLDERS.flatMap((esp) => listNames(files, `${esp}/EFI`).map((vendor) => `${esp}/EFI/${vendor}`));
  const folders = ["/boot/grub", "/boot/grub2", ...vendors];
  return [...folders.map((folder) => `${folder}/grub.cfg`), "/boot/grub/i386-pc/load.cfg"];
}

export function loaderEntries(files: ImageFiles): string[] {
  return ESP_FOLDERS.map((folder) => `${folder}/loader/entries`).flatMap((folder) =>
    listNames(files, folder)
      .filter((name) => name.endsWith(".conf"))
      .map((name) => `${folder}/${name}`),
  );
}
