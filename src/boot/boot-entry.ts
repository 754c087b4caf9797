import { dirname } from "node:path";
import { BootCheckError } from "./boot-check-error.ts";
import { BOOT_ROOTS, EXTLINUX_CONFIGS, grubConfigs, loaderEntries } from "./boot-loader-files.ts";
import { type ImageFiles, listNames } from "./image-files.ts";

/** What a boot loader starts by default; paths are in the image. */
export interface BootEntry {
  readonly kernel: string;
  readonly initrds: readonly string[];
  /** The kernel's command line. */
  readonly options: readonly string[];
}

/** The same as a configuration has it: paths are of the file system that the boot loader reads. */
interface Entry {
  readonly kernel: string;
  readonly initrds: readonly string[];
  readonly options: readonly string[];
}

/**
 * The kernel that the image starts by default, with its initrd and command line, as its boot loader's configuration says: the
 * first entry of GRUB's or extlinux's menu, the newest of the Boot Loader Specification. Without any, the newest kernel in `/boot`.
 * @throws {BootCheckError} when there is no kernel, or a file of the entry is missing
 */
export function findBootEntry(files: ImageFiles): BootEntry {
  const found = configuredEntry(files) ?? newestKernel(files);
  if (found === undefined) {
    throw new BootCheckError("The image has no kernel that can be started with the commands of boot_test.run", {
      hint: "They need a kernel in /boot, apart from its initrd; one in a unified kernel image cannot be given another command line",
    });
  }
  const locate = (kind: string, path: string) => {
    const place = BOOT_ROOTS.map((root) => root + inFileSystem(path)).find((each) => files.exists(each));
    if (place !== undefined) return place;
    throw new BootCheckError(`The ${kind} ${path}, which the boot loader starts, is not in the image`, {
      hint: "Run update-grub, or what writes the boot loader's configuration, after the last change of kernels",
    });
  };
  return {
    kernel: locate("kernel", found.kernel),
    initrds: found.initrds.map((path) => locate("initrd", path)),
    options: found.options,
  };
}

/** GRUB: `(hd0,gpt1)/boot/vmlinuz`; a btrfs subvolume: `/@/boot/vmlinuz`. */
function inFileSystem(path: string): string {
  return path.replace(/^\([^)]*\)/, "").replace(/^\/@[^/]*\//, "/");
}

function configuredEntry(files: ImageFiles): Entry | undefined {
  const kernelopts = readKernelopts(files);
  const texts = (paths: readonly string[]) => paths.flatMap((path) => [[path, files.readText(path) ?? ""] as const]);
  for (const [, text] of texts(grubConfigs(files))) {
    const entry = grubEntry(text, kernelopts);
    if (entry !== undefined) return entry;
  }
  const newest = loaderEntries(files).sort(byVersion).at(-1);
  for (const [, text] of texts(newest === undefined ? [] : [newest])) {
    const entry = loaderEntry(text, kernelopts);
    if (entry !== undefined) return entry;
  }
  for (const [path, text] of texts(EXTLINUX_CONFIGS)) {
    const entry = extlinuxEntry(text, dirname(path));
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function grubEntry(text: string, kernelopts: readonly string[]): Entry | undefined {
  const lines = text.split("\n").map((line) => wordsOf(line));
  const at = lines.findIndex(([command = ""]) => /^linux(16|efi)?$/.test(command));
  const [, kernel, ...options] = lines[at] ?? [];
  if (kernel === undefined || kernel.includes("$")) return undefined;
  const rest = lines.slice(at + 1);
  const end = rest.findIndex(([command = ""]) => command === "}" || /^linux/.test(command));
  const initrd = rest
    .slice(0, end === -1 ? rest.length : end)
    .find(([command = ""]) => /^initrd(16|efi)?$/.test(command));
  return { kernel, initrds: initrd?.slice(1) ?? [], options: known(options, kernelopts) };
}

function loaderEntry(text: string, kernelopts: readonly string[]): Entry | undefined {
  const lines = text.split("\n").map((line) => wordsOf(line));
  const valuesOf = (key: string) => lines.filter(([name]) => name === key).flatMap(([, ...words]) => words);
  const [kernel] = valuesOf("linux");
  if (kernel === undefined) return undefined;
  const initrds = valuesOf("initrd").filter((path) => !path.includes("$"));
  return { kernel, initrds, options: known(valuesOf("options"), kernelopts) };
}

function extlinuxEntry(text: string, folder: string): Entry | undefined {
  const absolute = (path: string) => (path.startsWith("/") ? path : `${folder}/${path}`);
  const lines = text.split("\n").map((line) => wordsOf(line));
  const first = (...keys: string[]) => lines.find(([name = ""]) => keys.includes(name.toLowerCase()))?.slice(1);
  const [kernel] = first("linux", "kernel") ?? [];
  if (kernel === undefined) return undefined;
  const options = first("append") ?? [];
  const inOptions = options.filter((word) => word.startsWith("initrd=")).map((word) => word.slice("initrd=".length));
  const initrds = [...(first("initrd") ?? []), ...inOptions].flatMap((list) => list.split(",")).map(absolute);
  return { kernel: absolute(kernel), initrds, options: options.filter((word) => !word.startsWith("initrd=")) };
}

/** What only GRUB knows is left out, but for the options that Fedora keeps in its environment. */
function known(options: readonly string[], kernelopts: readonly string[]): readonly string[] {
  return options.flatMap((word) => (word === "$kernelopts" ? kernelopts : word.includes("$") ? [] : word));
}

function readKernelopts(files: ImageFiles): readonly string[] {
  for (const path of ["/boot/grub2/grubenv", "/boot/grub/grubenv"]) {
    const found = /^kernelopts=(.*)$/m.exec(files.readText(path) ?? "")?.[1];
    if (found !== undefined) return wordsOf(found);
  }
  return [];
}

function newestKernel(files: ImageFiles): Entry | undefined {
  const names = listNames(files, "/boot");
  const kernel = names
    .filter((name) => name.startsWith("vmlinuz-"))
    .sort(byVersion)
    .at(-1);
  if (kernel === undefined) return undefined;
  const version = kernel.slice("vmlinuz-".length);
  const initrd = [`initrd.img-${version}`, `initramfs-${version}.img`].find((name) => names.includes(name));
  const options = wordsOf(files.readText("/etc/kernel/cmdline") ?? "");
  return { kernel: `/boot/${kernel}`, initrds: initrd === undefined ? [] : [`/boot/${initrd}`], options };
}

/** Words of a configuration; quotes hold one together, and go. */
function wordsOf(line: string): string[] {
  const words = line.trim().match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) => word.replace(/^(['"])(.*)\1$/, "$2"));
}

function byVersion(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
