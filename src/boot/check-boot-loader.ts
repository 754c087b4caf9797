import { dirname } from "node:path";
import {
  type BootReference,
  readCommandLine,
  readExtlinuxConfig,
  readGrubConfig,
  readLoaderEntry,
} from "./boot-loader-config.ts";
import { BOOT_ROOTS, EXTLINUX_CONFIGS, grubConfigs, loaderEntries } from "./boot-loader-files.ts";
import { checkDeviceReference, type ImageDevices } from "./device-reference.ts";
import type { Finding } from "./finding.ts";
import type { ImageFiles } from "./image-files.ts";

interface ConfigFile {
  readonly path: string;
  readonly references: readonly BootReference[];
}

/** Checks that every boot loader's configuration refers to devices, kernels and initrds that the image has. */
export function checkBootLoader(files: ImageFiles, devices: ImageDevices): Finding[] {
  const configs = findConfigs(files);
  if (!configs.some(({ references }) => references.length > 0)) {
    const hint = "install GRUB or extlinux in the image, and have it write its configuration";
    return [{ severity: "error", what: "no configuration of a boot loader was found", where: "/boot", hint }];
  }
  const findings = configs.flatMap(({ path, references }) =>
    references.flatMap((reference) => checkReference(path, reference, files, devices)),
  );
  return withoutRepeats(findings);
}

function findConfigs(files: ImageFiles): ConfigFile[] {
  const read = (paths: readonly string[], parse: (text: string, folder: string) => BootReference[]) =>
    paths.flatMap((path) => {
      const text = files.readText(path);
      return text === undefined ? [] : [{ path, references: parse(text, dirname(path)) }];
    });
  return [
    ...read(grubConfigs(files), readGrubConfig),
    ...read(loaderEntries(files), readLoaderEntry),
    ...read(EXTLINUX_CONFIGS, readExtlinuxConfig),
    ...read(["/boot/grub2/grubenv", "/boot/grub/grubenv"], readCommandLine),
    ...read(["/etc/kernel/cmdline"], readCommandLine),
  ];
}

function checkReference(path: string, reference: BootReference, files: ImageFiles, devices: ImageDevices): Finding[] {
  const where = `${path}:${reference.line}`;
  const { kind, value } = reference;
  if (kind === "root" || kind === "filesystem") {
    const problem = checkDeviceReference(value, devices);
    return problem ? [{ ...problem, what: kind === "root" ? `root=${problem.what}` : problem.what, where }] : [];
  }
  // GRUB: `(hd0,gpt1)/boot/vmlinuz`; a btrfs subvolume: `/@/boot/vmlinuz`.
  const file = value.replace(/^\([^)]*\)/, "").replace(/^\/@[^/]*\//, "/");
  if (BOOT_ROOTS.some((root) => files.exists(root + file))) return [];
  const hint = "run update-grub, or what writes this file, after the last change of kernels";
  return [{ severity: "error", what: `the ${kind} ${value} is not in the image`, where, hint }];
}

/** Menus name the same kernel again and again: the first place is enough. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ what, where }) => {
    const key = `${where.replace(/:\d+$/, "")}\n${what}`;
    return !seen.has(key) && seen.add(key);
  });
}
